# Writes ${OUTPUT} with what the binary says about itself, only when something changed.
find_program(GIT git)
set(commit "")
set(dirty false)
if(GIT AND EXISTS ${ROOT}/.git)
  execute_process(COMMAND ${GIT} -C ${ROOT} rev-parse --verify -q HEAD OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE
    ERROR_QUIET)
  execute_process(COMMAND ${GIT} -C ${ROOT} status --porcelain --untracked-files=no OUTPUT_VARIABLE changes ERROR_QUIET)
  if(changes)
    set(dirty true)
  endif()
endif()
string(REPLACE "${ROOT}" "." FLAGS "${FLAGS}")
string(STRIP "${FLAGS}" FLAGS)
file(WRITE ${OUTPUT}.new "#pragma once
inline constexpr const char* kVersion = \"${VERSION}\";
inline constexpr const char* kGitCommit = \"${commit}\";
inline constexpr bool kGitDirty = ${dirty};
inline constexpr const char* kCompiler = \"${COMPILER}\";
inline constexpr const char* kFlags = \"${FLAGS}\";
inline constexpr const char* kBuildType = \"${BUILD_TYPE}\";
inline constexpr const char* kTarget = \"${TARGET}\";
")
file(COPY_FILE ${OUTPUT}.new ${OUTPUT} ONLY_IF_DIFFERENT)
