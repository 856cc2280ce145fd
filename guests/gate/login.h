#pragma once

/* How someone enters: /gate/login shows a form and issues the session, /gate/logout ends it. */

#include <stdbool.h>

#include "settings.h"

enum { kMaxTarget = 2048 };

/* The name of the cookie that carries a session. With `secure`, one that browsers take from this
 * host over TLS alone: neither a neighbouring subdomain nor plain HTTP can plant a session (RFC
 * 6265bis, section 4.1.3.2). */
const char* session_cookie(void);

/* Answers if the target is the gate's own; false if it is not. Nobody is signed in or out by a page
 * of another origin. */
bool answer_own_path(const char* method, const char* target);

/* Answers someone who may not enter: people are sent to the form, programs get 401. */
void answer_stranger(const char* method, const char* target);
