// A Document as GitHub-flavoured Markdown. Figures are left out: the tables hold the same numbers.
#pragma once

#include <string>

#include "reports/document.hpp"

namespace hetscope {

std::string markdown_text(const Document& document);

}  // namespace hetscope
