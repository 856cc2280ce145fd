#include "router/route_pattern.h"
