#include "deploy/module_file.h"
