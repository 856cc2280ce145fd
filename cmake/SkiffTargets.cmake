# The three kinds of target that skiff has.
include(GoogleTest)

# skiff_library(NAME SOURCES file... [DEPENDS target...] [PRIVATE_DEPENDS target...])
function(skiff_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;PRIVATE_DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC skiff_compiler ${ARG_DEPENDS} PRIVATE ${ARG_PRIVATE_DEPENDS})
endfunction()

# An addon: a shared object that the engine's executable loads and whose `main(args...)` it calls.
# skiff_addon(NAME SOURCES file... [DEPENDS target...])
function(skiff_addon name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(${name} MODULE ${ARG_SOURCES} $<TARGET_OBJECTS:skiff_addon_entry>)
  target_link_libraries(${name} PRIVATE skiff_compiler skiff_engine_headers ${ARG_DEPENDS})
  set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX ".node")
  # Whatever we link statically stays ours: the executable exports llhttp, OpenSSL and zlib too.
  target_link_options(${name} PRIVATE -Wl,--exclude-libs,ALL -Wl,-Bsymbolic-functions)
endfunction()

# A test without V8: an ordinary executable.
# skiff_test(NAME SOURCES file... [DEPENDS target...])
function(skiff_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE skiff_compiler skiff_gtest ${ARG_DEPENDS} GTest::gtest_main)
  target_precompile_headers(${name} REUSE_FROM skiff_gtest_pch)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 120 LABELS "${name}")
endfunction()

# A test with V8: an addon, run through the launcher.
# skiff_v8_test(NAME SOURCES file... [DEPENDS target...])
function(skiff_v8_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  skiff_addon(${name} SOURCES ${ARG_SOURCES} DEPENDS skiff_gtest skiff_v8_test_main ${ARG_DEPENDS})
  add_dependencies(${name} skiff_run_addon)
  set_target_properties(${name} PROPERTIES CROSSCOMPILING_EMULATOR $<TARGET_FILE:skiff_run_addon>)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 120 LABELS "${name};v8")
endfunction()
