#include "server/http/origin_call.h"
