/* An ordinary C program as a CGI script (RFC 3875): its environment is the request's head, its
 * standard input the body, and what it prints the answer. */
#include <stdio.h>
#include <stdlib.h>

extern char** environ;

static const char* variable(const char* name) {
  const char* value = getenv(name);
  return value != NULL ? value : "";
}

int main(int argc, char** argv) {
  printf("Content-Type: text/plain\r\n\r\n");
  printf("%s %s, on behalf of %s\n", variable("REQUEST_METHOD"), variable("X_FULL_URL"),
         variable("REMOTE_ADDR"));

  printf("\narguments:\n");
  for (int i = 0; i < argc; ++i) printf("  %s\n", argv[i]);
  printf("\nenvironment:\n");
  for (char** entry = environ; *entry != NULL; ++entry) printf("  %s\n", *entry);

  printf("\nbody:\n");
  char chunk[4096];
  size_t size, total = 0;
  while ((size = fread(chunk, 1, sizeof chunk, stdin)) > 0) {
    fwrite(chunk, 1, size, stdout);
    total += size;
  }
  printf("\n(%zu bytes)\n", total);
  fprintf(stderr, "answered with %zu bytes of body\n", total);
  return ferror(stdin) || ferror(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
