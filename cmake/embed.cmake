# Writes ${OUTPUT}: a C++ file that holds the texts of ${FILES} (comma-separated, relative to ${ROOT}) as byte arrays,
# which, unlike string literals, have no length limit and need no escaping.
string(REPLACE "," ";" files "${FILES}")
set(arrays "")
set(entries "")
set(index 0)
foreach(file ${files})
  file(READ ${ROOT}/${file} hex HEX)
  string(LENGTH "${hex}" digits)
  math(EXPR bytes "${digits} / 2")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," body "${hex}")
  string(APPEND arrays "constexpr unsigned char kFile${index}[] = {${body}0};\n")
  string(APPEND entries
    "    {\"${file}\", std::string_view(reinterpret_cast<const char*>(kFile${index}), ${bytes})},\n")
  math(EXPR index "${index} + 1")
endforeach()
if(index EQUAL 0)
  set(table "")
  set(result "{}")
else()
  set(table "  static const EmbeddedFile kFiles[] = {\n${entries}  };\n")
  set(result "kFiles")
endif()
file(WRITE ${OUTPUT}.new "// Made by cmake/embed.cmake.
#include <span>

#include \"harness/core/embedded_file.hpp\"

namespace hetscope {
namespace {
${arrays}}  // namespace

std::span<const EmbeddedFile> ${FUNCTION}();
std::span<const EmbeddedFile> ${FUNCTION}() {
${table}  return ${result};
}

}  // namespace hetscope
")
file(COPY_FILE ${OUTPUT}.new ${OUTPUT} ONLY_IF_DIFFERENT)
file(TOUCH ${OUTPUT})
