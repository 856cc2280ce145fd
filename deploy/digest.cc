#include "deploy/digest.h"
