# Everything that comes from outside; docs/dependencies.md says what each is for.
option(HETSCOPE_ONE_FILE "Link every library but the C library into the program, so that it can be pushed as one file" OFF)

find_package(Threads REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(OpenCLHeadersCpp REQUIRED)
find_path(VALIJSON_INCLUDE_DIR valijson/validator.hpp REQUIRED)
find_path(RE2_INCLUDE_DIR re2/re2.h REQUIRED)
find_package(Eigen3 REQUIRED NO_MODULE)
find_package(fmt REQUIRED)

if(HETSCOPE_ONE_FILE)
  set(HETSCOPE_FMT fmt::fmt-header-only)
  find_library(RE2_LIBRARY libre2.a REQUIRED)
  # Debian has Highway as a shared library only; these are all of its sources that its headers need.
  find_path(HIGHWAY_SOURCE_DIR hwy/targets.cc PATHS /usr/src/highway REQUIRED)
  add_library(highway STATIC ${HIGHWAY_SOURCE_DIR}/hwy/targets.cc ${HIGHWAY_SOURCE_DIR}/hwy/aligned_allocator.cc
    ${HIGHWAY_SOURCE_DIR}/hwy/per_target.cc)
  target_include_directories(highway SYSTEM PUBLIC ${HIGHWAY_SOURCE_DIR})
  target_compile_definitions(highway PUBLIC HWY_STATIC_DEFINE)
  set(HETSCOPE_HIGHWAY highway)
else()
  find_package(hwy REQUIRED)
  find_library(RE2_LIBRARY re2 REQUIRED)
  find_package(benchmark REQUIRED)
  set(HETSCOPE_FMT fmt::fmt)
  set(HETSCOPE_HIGHWAY hwy::hwy)
endif()
