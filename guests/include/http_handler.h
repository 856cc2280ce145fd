#pragma once

/* The imports of an http-wasm handler (https://http-wasm.io/http-handler-abi/), for guests in C.
 *
 * A handler exports handle_request and handle_response; HTTP_HANDLE_REQUEST and
 * HTTP_HANDLE_RESPONSE declare them. Every http_get_* answers the full length of what was asked for
 * and writes it only if it fits `limit`, without a terminating NUL. */

#include <stddef.h>
#include <stdint.h>

#define HTTP_IMPORT(name) __attribute__((import_module("http_handler"), import_name(#name)))
#define HTTP_EXPORT(name) __attribute__((export_name(#name)))

enum http_header_kind {
  HTTP_REQUEST_HEADERS = 0,
  HTTP_RESPONSE_HEADERS = 1,
  HTTP_REQUEST_TRAILERS = 2,
  HTTP_RESPONSE_TRAILERS = 3,
};

enum http_body_kind { HTTP_REQUEST_BODY = 0, HTTP_RESPONSE_BODY = 1 };

enum http_log_level {
  HTTP_LOG_DEBUG = -1,
  HTTP_LOG_INFO = 0,
  HTTP_LOG_WARN = 1,
  HTTP_LOG_ERROR = 2,
};

/* A set of flags. */
enum http_feature {
  HTTP_BUFFER_REQUEST = 1,  /* the request's body can be read, and still goes to the origin */
  HTTP_BUFFER_RESPONSE = 2, /* the origin's answer can be read and changed */
  HTTP_TRAILERS = 4,
};

HTTP_IMPORT(enable_features) uint32_t http_enable_features(uint32_t features);
HTTP_IMPORT(get_config) uint32_t http_get_config(void* buffer, uint32_t limit);
HTTP_IMPORT(log_enabled) uint32_t http_log_enabled(int32_t level);
HTTP_IMPORT(log) void http_log(int32_t level, const void* message, uint32_t length);

HTTP_IMPORT(get_method) uint32_t http_get_method(void* buffer, uint32_t limit);
HTTP_IMPORT(set_method) void http_set_method(const void* method, uint32_t length);
HTTP_IMPORT(get_uri) uint32_t http_get_uri(void* buffer, uint32_t limit);
HTTP_IMPORT(set_uri) void http_set_uri(const void* uri, uint32_t length);
HTTP_IMPORT(get_protocol_version) uint32_t http_get_protocol_version(void* buffer, uint32_t limit);
HTTP_IMPORT(get_source_addr) uint32_t http_get_source_addr(void* buffer, uint32_t limit);

/* Names, or values of one name: each followed by NUL. Answers their number (http_high) and the
 * length of all (http_low). */
HTTP_IMPORT(get_header_names)
uint64_t http_get_header_names(uint32_t kind, void* buffer, uint32_t limit);
HTTP_IMPORT(get_header_values)
uint64_t http_get_header_values(uint32_t kind, const void* name, uint32_t name_length, void* buffer,
                                uint32_t limit);
HTTP_IMPORT(set_header_value)
void http_set_header_value(uint32_t kind, const void* name, uint32_t name_length, const void* value,
                           uint32_t value_length);
HTTP_IMPORT(add_header_value)
void http_add_header_value(uint32_t kind, const void* name, uint32_t name_length, const void* value,
                           uint32_t value_length);
HTTP_IMPORT(remove_header)
void http_remove_header(uint32_t kind, const void* name, uint32_t name_length);

/* Waits for the next part of the body. Answers its length (http_low), and whether the body ends
 * with it (http_high). A limit of 0 traps. */
HTTP_IMPORT(read_body) uint64_t http_read_body(uint32_t kind, void* buffer, uint32_t limit);
/* The first call replaces the body, further ones append. Waits while the receiver is slow. */
HTTP_IMPORT(write_body) void http_write_body(uint32_t kind, const void* bytes, uint32_t length);

HTTP_IMPORT(get_status_code) uint32_t http_get_status_code(void);
HTTP_IMPORT(set_status_code) void http_set_status_code(uint32_t status);

static inline uint32_t http_high(uint64_t pair) {
  return (uint32_t)(pair >> 32);
}
static inline uint32_t http_low(uint64_t pair) {
  return (uint32_t)pair;
}

/* What handle_request answers: the response is complete, or the request goes on to the origin and
 * `context` comes back as the first argument of handle_response. */
#define HTTP_DONE ((uint64_t)0)
static inline uint64_t http_next(uint32_t context) {
  return (uint64_t)context << 32 | 1;
}

#define HTTP_HANDLE_REQUEST HTTP_EXPORT(handle_request) uint64_t handle_request(void)
#define HTTP_HANDLE_RESPONSE(context, is_error) \
  HTTP_EXPORT(handle_response) void handle_response(uint32_t context, uint32_t is_error)
/* For handlers that never go on to an origin. */
#define HTTP_NO_RESPONSE_HANDLER              \
  HTTP_HANDLE_RESPONSE(context_, is_error_) { \
    (void)context_;                           \
    (void)is_error_;                          \
  }                                           \
  _Static_assert(1, "lets a semicolon follow")

/* The length of a string literal. */
#define HTTP_LENGTH(literal) ((uint32_t)(sizeof(literal) - 1))
#define HTTP_SET_HEADER(kind, name, value) \
  http_set_header_value(kind, name, HTTP_LENGTH(name), value, HTTP_LENGTH(value))
