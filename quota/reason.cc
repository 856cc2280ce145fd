#include "quota/reason.h"
