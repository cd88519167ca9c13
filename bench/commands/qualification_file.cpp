// qualification.json, both ways.
#include "bench/commands/qualification_file.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>

#include <nlohmann/json.hpp>

#include "harness/core/error.hpp"
#include "harness/record/json.hpp"

namespace hetscope {

void write_qualification(const std::string& path, const nlohmann::json& document) {
  std::ofstream file(path, std::ios::binary);
  file << document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  file.close();
  if (!file) throw Error(std::string("cannot be written (") + std::strerror(errno) + ")", path, "choose another --out");
}

InstrumentNote read_qualification(const std::string& path) {
  const nlohmann::json document = read_json_file(path);
  const auto member = [&](const nlohmann::json& object, const char* name) {
    if (object.is_object() && object.contains(name)) return object[name];
    throw Error(std::string("has no '") + name + "'", path, "give the qualification.json that hetscope qualify writes");
  };
  const auto text = [&](const nlohmann::json& object, const char* name) {
    const nlohmann::json value = member(object, name);
    if (!value.is_string()) throw Error(std::string("'") + name + "' is no text", path);
    return value.get<std::string>();
  };
  if (const std::string schema = text(document, "schema"); schema != kQualificationSchema) {
    throw Error("schema '" + schema + "' is not known", path, "this reads '" + std::string(kQualificationSchema) + "'");
  }
  InstrumentNote note;
  note.verdict = text(document, "verdict");
  for (const nlohmann::json& reason : member(document, "reasons")) {
    if (reason.is_string()) note.reasons.push_back(reason.get<std::string>());
  }
  const nlohmann::json device = member(document, "device");
  note.device_model = text(device, "model");
  note.device_unit = text(device, "unit");
  note.made_at = text(document, "made_at");
  return note;
}

std::vector<InstrumentNote> read_instruments(const std::vector<std::string>& paths) {
  std::vector<InstrumentNote> notes;
  for (const std::string& path : paths) notes.push_back(read_qualification(path));
  return notes;
}

}  // namespace hetscope
