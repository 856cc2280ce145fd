#include "isolate/header_list.h"
