#include "config/byte_size.h"
