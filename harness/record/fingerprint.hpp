// Who measured, with what, where: the parts of run.json that let a stranger judge whether two runs may be compared.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace hetscope {

struct BuildInfo {
  std::string version;     // "0.1.0"
  std::string git_commit;  // "" outside a checkout
  bool git_dirty = false;
  std::string compiler;  // "GNU 12.2.0"
  std::string flags;
  std::string build_type;
  std::string target;  // "x86_64-linux"
};
BuildInfo build_info();

struct HostInfo {
  std::string device_model;  // DMI product or device-tree model
  std::string
      device_unit;  // stable anonymous identity of this very device: a hash of machine-id or serial, never themselves
  std::string boot_id;
  std::string os;      // PRETTY_NAME
  std::string kernel;  // uname release
  std::string cpu_model;
  std::int64_t memory_bytes = 0;
  std::string hypervisor;           // "" on bare metal, else what is told ("kvm")
  std::vector<std::string> caches;  // "L1d 48 KiB", per level of cpu0
};
// Roots are injectable for tests.
HostInfo read_host_info(const std::string& root = "");

// SHA-256 in hex, of a file (throws Error) or a text.
std::string sha256_of_file(const std::string& path);
std::string sha256_of_text(const std::string& text);
// Random (version 4) UUID.
std::string make_uuid();

nlohmann::json to_json(const BuildInfo& build);
nlohmann::json to_json(const HostInfo& host);

}  // namespace hetscope
