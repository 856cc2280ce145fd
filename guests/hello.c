/* Greets, with the text of the app's `config`, and says what was asked for. */
#include "http_handler.h"

static const char kDefaultGreeting[] = "Hello from skiff";

static void append(const char* bytes, uint32_t length) {
  http_write_body(HTTP_RESPONSE_BODY, bytes, length);
}

HTTP_HANDLE_REQUEST {
  char greeting[256], uri[2048];
  const uint32_t greeting_length = http_get_config(greeting, sizeof greeting);
  const uint32_t uri_length = http_get_uri(uri, sizeof uri);

  HTTP_SET_HEADER(HTTP_RESPONSE_HEADERS, "content-type", "text/plain; charset=utf-8");
  if (greeting_length > 0 && greeting_length <= sizeof greeting) {
    append(greeting, greeting_length);
  } else {
    append(kDefaultGreeting, HTTP_LENGTH(kDefaultGreeting));
  }
  if (uri_length <= sizeof uri) {
    append(", you asked for ", HTTP_LENGTH(", you asked for "));
    append(uri, uri_length);
  }
  append("\n", 1);
  return HTTP_DONE;
}

HTTP_NO_RESPONSE_HANDLER;
