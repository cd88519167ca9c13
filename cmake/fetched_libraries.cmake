# The libraries of docs/dependencies.md from their own releases, in the versions that Debian 12 has: for builds that cannot
# use Debian's packages (Android). Each is pinned by SHA-256; docs/android.md says how the hashes were checked. Only headers
# and sources are taken; none of their own build descriptions runs. FETCHCONTENT_SOURCE_DIR_<NAME> names a copy that is there.
include(FetchContent)

# hetscope_fetch(NAME URL SHA256 LICENCE): sets NAME_SOURCE_DIR; the licence goes where scripts/package.sh takes it from.
macro(hetscope_fetch name url sha256 licence)
  # A subfolder that is not there: nothing of the library is configured.
  FetchContent_Declare(${name} URL ${url} URL_HASH SHA256=${sha256} DOWNLOAD_EXTRACT_TIMESTAMP ON SOURCE_SUBDIR not_configured)
  FetchContent_MakeAvailable(${name})
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/licences)
  file(COPY_FILE ${${name}_SOURCE_DIR}/${licence} ${CMAKE_BINARY_DIR}/licences/${name} ONLY_IF_DIFFERENT)
endmacro()

# hetscope_headers(TARGET DIR...): what find_package would have made of a library of headers.
function(hetscope_headers target)
  add_library(${target} INTERFACE IMPORTED GLOBAL)
  target_include_directories(${target} SYSTEM INTERFACE ${ARGN})
endfunction()

hetscope_fetch(fmt https://github.com/fmtlib/fmt/archive/refs/tags/9.1.0.tar.gz
  5dea48d1fcddc3ec571ce2058e13910a0d4a6bab4cc09a809d8b1dd1c88ae6f2 LICENSE.rst)
hetscope_fetch(nlohmann_json https://github.com/nlohmann/json/archive/refs/tags/v3.11.2.tar.gz
  d69f9deb6a75e2580465c6c4c5111b89c4dc2fa94e3a85fcd2ffcd9a143d9273 LICENSE.MIT)
hetscope_fetch(valijson https://github.com/tristanpenman/valijson/archive/refs/tags/v1.0.tar.gz
  6b9f0bc89880feb3fe09aa469cd81f6168897d2fbb4e715853da3b94afd3779a LICENSE)
hetscope_fetch(cli11 https://github.com/CLIUtils/CLI11/archive/refs/tags/v2.1.2.tar.gz
  26291377e892ba0e5b4972cdfd4a2ab3bf53af8dac1f4ea8fe0d1376b625c8cb LICENSE)
hetscope_fetch(re2 https://github.com/google/re2/archive/refs/tags/2022-06-01.tar.gz
  f89c61410a072e5cbcf8c27e3a778da7d6fd2f2b5b1445cd4f4508bee946ab0f LICENSE)
hetscope_fetch(highway https://github.com/google/highway/archive/refs/tags/1.0.3.tar.gz
  566fc77315878473d9a6bd815f7de78c73734acdcb745c3dde8579560ac5440e LICENSE)
hetscope_fetch(eigen https://gitlab.com/libeigen/eigen/-/archive/3.4.0/eigen-3.4.0.tar.bz2
  b4c198460eba6f28d34894e3a5710998818515104d6e74e5cc331ce31e46e626 COPYING.MPL2)
hetscope_fetch(opencl_headers https://github.com/KhronosGroup/OpenCL-Headers/archive/refs/tags/v2023.02.06.tar.gz
  464d1b04a5e185739065b2d86e4cebf02c154c416d63e6067a5060d7c053c79a LICENSE)
hetscope_fetch(opencl_clhpp https://github.com/KhronosGroup/OpenCL-CLHPP/archive/refs/tags/v2023.02.06.tar.gz
  2726106df611fb5cb65503a52df27988d80c0b8844c8f0901c6092ab43701e8c LICENSE.txt)

hetscope_headers(fmt::fmt-header-only ${fmt_SOURCE_DIR}/include)
target_compile_definitions(fmt::fmt-header-only INTERFACE FMT_HEADER_ONLY=1)
hetscope_headers(nlohmann_json::nlohmann_json ${nlohmann_json_SOURCE_DIR}/include)
hetscope_headers(CLI11::CLI11 ${cli11_SOURCE_DIR}/include)
hetscope_headers(Eigen3::Eigen ${eigen_SOURCE_DIR})
hetscope_headers(OpenCL::HeadersCpp ${opencl_headers_SOURCE_DIR} ${opencl_clhpp_SOURCE_DIR}/include)
set(VALIJSON_INCLUDE_DIR ${valijson_SOURCE_DIR}/include)
hetscope_highway(${highway_SOURCE_DIR})
file(GLOB re2_sources ${re2_SOURCE_DIR}/re2/*.cc)
add_library(re2 STATIC ${re2_sources} ${re2_SOURCE_DIR}/util/rune.cc ${re2_SOURCE_DIR}/util/strutil.cc)
target_include_directories(re2 SYSTEM PUBLIC ${re2_SOURCE_DIR})
target_link_libraries(re2 PUBLIC Threads::Threads)
set(RE2_INCLUDE_DIR ${re2_SOURCE_DIR})
set(RE2_LIBRARY re2)
