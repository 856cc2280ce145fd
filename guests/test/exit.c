/* ?code=N: ends by proc_exit(N). */
#include <stdlib.h>

#include "support.h"

HTTP_HANDLE_REQUEST {
  _Exit((int)query_number("code", 0));
}

HTTP_NO_RESPONSE_HANDLER;
