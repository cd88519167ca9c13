# Compiler settings that every target shares.
add_library(hetscope_options INTERFACE)
target_include_directories(hetscope_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(hetscope_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
  -Wmissing-declarations -fvisibility=hidden -fno-math-errno)
# So that a loop's place in the program, which any other line may shift, has no part in its time (docs/decisions/0012).
target_compile_options(hetscope_options INTERFACE $<$<CONFIG:Release>:-falign-functions=64> $<$<CONFIG:Release>:-falign-loops=32>)
# GCC 12 takes joined strings for overlapping copies where it optimises (its PR 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(hetscope_options INTERFACE -Wno-restrict)
endif()
if(HETSCOPE_WERROR)
  target_compile_options(hetscope_options INTERFACE -Werror)
endif()
if(HETSCOPE_SANITIZE)
  target_compile_options(hetscope_options INTERFACE -fsanitize=${HETSCOPE_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  # GCC 12 takes what the sanitizers add for uses of uninitialised memory.
  target_compile_options(hetscope_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_link_options(hetscope_options INTERFACE -fsanitize=${HETSCOPE_SANITIZE})
endif()

find_program(HETSCOPE_CCACHE ccache)
if(HETSCOPE_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${HETSCOPE_CCACHE})
endif()
