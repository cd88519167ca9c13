// How an Error is put into one line: "where: what (remedy)".
#include "harness/core/error.hpp"

#include <utility>

namespace hetscope {
namespace {

std::string compose(const std::string& problem, const std::string& where, const std::string& remedy) {
  std::string line = where.empty() ? problem : where + ": " + problem;
  if (!remedy.empty()) line += "; " + remedy;
  return one_line(std::move(line));
}

}  // namespace

Error::Error(std::string what, std::string where, std::string remedy)
    : std::runtime_error(compose(what, where, remedy)),
      problem_(std::move(what)),
      where_(std::move(where)),
      remedy_(std::move(remedy)) {}

std::string one_line(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return text;
}

}  // namespace hetscope
