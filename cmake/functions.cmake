# hetscope_untimed(TARGET): nothing in it runs while something is timed, so that a release build compiles it quickly rather
# than fast: a first build ends sooner.
function(hetscope_untimed target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
endfunction()

# hetscope_together(TARGET): eight files at a time compile what they share once, so that a name local to a file is the only one
# of its kind in the target. Whoever looks at files one by one, as static analysis does, turns HETSCOPE_TOGETHER off.
function(hetscope_together target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${HETSCOPE_TOGETHER} UNITY_BUILD_BATCH_SIZE 8)
endfunction()

# hetscope_library(NAME [UNTIMED] [TOGETHER] DEPENDS target...): a static library of every .cpp of the current folder and its
# subfolders that have no CMakeLists.txt of their own. A new file needs no change here.
function(hetscope_library name)
  cmake_parse_arguments(ARG "UNTIMED;TOGETHER" "" "DEPENDS;EXCLUDE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  foreach(pattern ${ARG_EXCLUDE})
    list(FILTER sources EXCLUDE REGEX ${pattern})
  endforeach()
  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PUBLIC hetscope_options ${ARG_DEPENDS})
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  if(ARG_UNTIMED)
    hetscope_untimed(${name})
  endif()
  if(ARG_TOGETHER)
    hetscope_together(${name})
  endif()
endfunction()

# hetscope_embed(TARGET FUNCTION file...): makes the texts of `files` (relative to the source root) part of TARGET, as
# `std::span<const hetscope::EmbeddedFile> hetscope::FUNCTION()`.
function(hetscope_embed target function)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${function}.cpp)
  set(inputs ${ARGN})
  list(TRANSFORM inputs PREPEND ${PROJECT_SOURCE_DIR}/ OUTPUT_VARIABLE paths)
  string(REPLACE ";" "," joined "${inputs}")
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DROOT=${PROJECT_SOURCE_DIR} -DFILES=${joined} -DFUNCTION=${function} -DOUTPUT=${output}
            -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${paths} ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${output})
  set_source_files_properties(${output} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()
