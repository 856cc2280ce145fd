#pragma once

/* How someone enters: /gate/login shows a form and issues the session, /gate/logout ends it. */

#include <stdbool.h>

#include "settings.h"

enum { kMaxTarget = 2048 };

/* The cookie that carries a session. */
extern const char kSessionCookie[];

/* Answers if the target is the gate's own; false if it is not. */
bool answer_own_path(const char* method, const char* target);

/* Answers someone who may not enter: people are sent to the form, programs get 401. */
void answer_stranger(const char* method, const char* target);
