# Language level, warnings and sanitizers, on one interface target that every target of ours links.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# Lines and functions are enough for profiles and back traces; types and variables (-g) cost a quarter
# of the time that compiling takes. The debug preset has them. With sanitizers' checks in between,
# there is little left for -O2 to find, and it takes half as long again as -O1.
set(SKIFF_SANITIZE "" CACHE STRING "Comma-separated sanitizers: address,undefined or thread")
set(optimisation -O2)
if(SKIFF_SANITIZE)
  set(optimisation -O1)
endif()
foreach(language C CXX)
  set(CMAKE_${language}_FLAGS_RELWITHDEBINFO "${optimisation} -g1 -DNDEBUG")
endforeach()

add_library(skiff_compiler INTERFACE)
target_include_directories(skiff_compiler INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(skiff_compiler INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-align -Werror
  -fno-omit-frame-pointer)
target_compile_definitions(skiff_compiler INTERFACE SKIFF_VERSION="${PROJECT_VERSION}")
# What is kept from one start to the next is kept for one build (config/build_id.h).
target_link_options(skiff_compiler INTERFACE -Wl,--build-id)

if(SKIFF_SANITIZE)
  target_compile_options(skiff_compiler INTERFACE -fsanitize=${SKIFF_SANITIZE} -fno-sanitize-recover=all)
  # With checks in between, GCC 12 loses sight of what is initialised (in Boost's headers, too).
  target_compile_options(skiff_compiler INTERFACE -Wno-maybe-uninitialized)
  target_link_options(skiff_compiler INTERFACE -fsanitize=${SKIFF_SANITIZE})
  if(SKIFF_SANITIZE MATCHES "thread")
    # Asio's fences are beyond what ThreadSanitizer understands; it is correct without them.
    target_compile_options(skiff_compiler INTERFACE -Wno-tsan)
    target_compile_definitions(skiff_compiler INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
  endif()
  if(SKIFF_SANITIZE MATCHES "undefined")
    # V8 is built without RTTI, so its classes have no type information to check against.
    target_compile_options(skiff_compiler INTERFACE -fno-sanitize=vptr)
  endif()
endif()

find_program(SKIFF_CCACHE ccache)
if(SKIFF_CCACHE)
  # Relative paths, so that clones and build directories share what was compiled.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros ${SKIFF_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()
