#pragma once

/* Debian's rules write this file when they build Lua: the folder's name that its paths for compiled
 * extensions contain. */
#define DEB_HOST_MULTIARCH "wasm32-wasi"
