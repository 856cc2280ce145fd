#pragma once

#include <stddef.h>
#include <stdint.h>

/* The orientation (1 to 8) that a JPEG's EXIF block gives (Exif 2.3, tag 0x0112); 1, which is as it
 * lies, if there is none or it makes no sense. Cameras write their pixels as the sensor has them.
 */
int exif_orientation(const uint8_t* jpeg, size_t size);
