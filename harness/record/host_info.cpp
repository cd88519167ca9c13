// What /proc and /sys tell about the device. Everything here is optional: a phone hides half of it, a container invents
// some of it, and what is not there stays empty.
#include <sys/utsname.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

#include "harness/core/sha256.hpp"
#include "harness/record/cpu_parts.hpp"
#include "harness/record/fingerprint.hpp"

namespace hetscope {
namespace {

// Files under /proc and /sys are small; whatever else lies there is not read to its end.
constexpr std::size_t kMaxFileBytes = std::size_t{4} << 20;

std::string trimmed(std::string_view text) {
  constexpr std::string_view kBlank(" \t\r\n\0", 5);  // device-tree texts end in a zero byte
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(kBlank) - first + 1));
}

std::string read_small_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text;
  // Small pieces: the kernel refuses to answer a single read of megabytes from /proc/sys.
  char piece[4096];
  while (file && text.size() < kMaxFileBytes) {
    file.read(piece, sizeof(piece));
    text.append(piece, static_cast<std::size_t>(file.gcount()));
  }
  return text;
}

std::string read_value(const std::string& path) { return trimmed(read_small_file(path)); }

template <class Visit>
void for_each_line(std::string_view text, Visit&& visit) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    visit(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

// "name<separator>value" lines; the first of a name counts.
std::string value_of(std::string_view text, std::string_view name, char separator) {
  std::string value;
  for_each_line(text, [&](std::string_view line) {
    const auto split = line.find(separator);
    if (value.empty() && split != std::string_view::npos && trimmed(line.substr(0, split)) == name) {
      value = trimmed(line.substr(split + 1));
    }
  });
  return value;
}

// What vendors leave in when they forget to say.
bool is_placeholder(const std::string& value) {
  static constexpr std::string_view kPlaceholders[] = {"To be filled by O.E.M.",
                                                       "To Be Filled By O.E.M.",
                                                       "Default string",
                                                       "System Product Name",
                                                       "System manufacturer",
                                                       "System Serial Number",
                                                       "Not Specified",
                                                       "Not Applicable",
                                                       "None",
                                                       "O.E.M.",
                                                       "uninitialized",
                                                       "INVALID"};
  if (value.find_first_not_of("0-") == std::string::npos) return true;  // nothing, or nothing but zeros
  return std::find(std::begin(kPlaceholders), std::end(kPlaceholders), value) != std::end(kPlaceholders);
}

std::string told(const std::string& path) {
  std::string value = read_value(path);
  return is_placeholder(value) ? std::string() : value;
}

std::string device_tree(const std::string& root) { return root + "/proc/device-tree/"; }
std::string dmi(const std::string& root) { return root + "/sys/class/dmi/id/"; }

std::string device_model(const std::string& root) {
  if (std::string model = told(device_tree(root) + "model"); !model.empty()) return model;
  std::string vendor = told(dmi(root) + "sys_vendor");
  std::string product = told(dmi(root) + "product_name");
  if (product.empty()) {
    vendor = told(dmi(root) + "board_vendor");
    product = told(dmi(root) + "board_name");
  }
  if (vendor.empty() || product.rfind(vendor, 0) == 0) return product;
  return product.empty() ? vendor : vendor + " " + product;
}

// The device tree's serial number comes before the machine-id, because boards of a farm are flashed with one image and
// share its machine-id; the DMI serials come last, because only root reads them and the answer must not depend on who
// asks.
std::string device_unit(const std::string& root) {
  const std::pair<const char*, std::string> sources[] = {
      {"device-tree", device_tree(root) + "serial-number"}, {"machine-id", root + "/etc/machine-id"},
      {"machine-id", root + "/var/lib/dbus/machine-id"},    {"dmi-uuid", dmi(root) + "product_uuid"},
      {"dmi-serial", dmi(root) + "product_serial"},         {"dmi-board", dmi(root) + "board_serial"}};
  for (const auto& [kind, path] : sources) {
    const std::string identity = told(path);
    if (identity.empty()) continue;
    // The fixed prefix keeps the hash from being looked up among hashes that others make of the same identity.
    Sha256 hash;
    hash.update("hetscope device unit 1\n");
    hash.update(kind);
    hash.update("\n");
    hash.update(identity);
    return hash.finish_hex().substr(0, 16);
  }
  return {};
}

std::string os_name(const std::string& root) {
  for (const char* path : {"/etc/os-release", "/usr/lib/os-release"}) {
    std::string name = value_of(read_small_file(root + path), "PRETTY_NAME", '=');
    if (name.size() >= 2 && (name.front() == '"' || name.front() == '\'') && name.back() == name.front()) {
      name = name.substr(1, name.size() - 2);
    }
    if (!name.empty()) return name;
  }
  return read_value(root + "/proc/sys/kernel/ostype");
}

// Sandboxes and phones hide the one file or the other; of the running host the kernel itself can be asked.
std::string kernel_release(const std::string& root) {
  if (std::string release = read_value(root + "/proc/sys/kernel/osrelease"); !release.empty()) return release;
  std::istringstream version(read_small_file(root + "/proc/version"));
  std::string word;
  if (version >> word && word == "Linux" && version >> word && word == "version" && version >> word) return word;
  utsname names{};
  return root.empty() && ::uname(&names) == 0 ? std::string(names.release) : std::string();
}

std::optional<unsigned> parse_hex(std::string_view text) {
  if (text.rfind("0x", 0) != 0) return std::nullopt;
  unsigned value = 0;
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data() + 2, end, value, 16);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return value;
}

// "4x Cortex-A55 + 4x Cortex-A76": arm64 kernels print codes for each core instead of a model name.
std::string arm_cores(std::string_view cpuinfo) {
  std::vector<std::pair<std::string, int>> cores;
  std::optional<unsigned> implementer;
  for_each_line(cpuinfo, [&](std::string_view line) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return;
    const std::string name = trimmed(line.substr(0, colon));
    const std::string value = trimmed(line.substr(colon + 1));
    if (name == "CPU implementer") implementer = parse_hex(value);
    if (name != "CPU part" || !implementer) return;
    const auto part = parse_hex(value);
    if (!part) return;
    const std::string core = arm_core_name(*implementer, *part);
    const auto known = std::find_if(cores.begin(), cores.end(), [&](const auto& entry) { return entry.first == core; });
    if (known == cores.end()) {
      cores.emplace_back(core, 1);
    } else {
      ++known->second;
    }
  });
  std::string text;
  for (const auto& [core, count] : cores) {
    if (!text.empty()) text += " + ";
    text += std::to_string(count) + "x " + core;
  }
  return text;
}

std::string cpu_model(std::string_view cpuinfo) {
  // 32-bit kernels print "ARMv7 Processor rev 4" as the model of every core; the codes say more.
  if (std::string cores = arm_cores(cpuinfo); !cores.empty()) return cores;
  if (std::string name = value_of(cpuinfo, "model name", ':'); !name.empty()) return name;
  return value_of(cpuinfo, "uarch", ':');  // RISC-V
}

bool has_hypervisor_flag(std::string_view cpuinfo) {
  const std::string flags = " " + value_of(cpuinfo, "flags", ':') + " ";
  return flags.find(" hypervisor ") != std::string::npos;
}

std::string hypervisor(const std::string& root, std::string_view cpuinfo) {
  if (std::string type = read_value(root + "/sys/hypervisor/type"); !type.empty()) return type;
  const std::string product = read_value(dmi(root) + "product_name");
  const std::string vendor = read_value(dmi(root) + "sys_vendor");
  const bool is_flagged = has_hypervisor_flag(cpuinfo);
  if (product == "KVM") return "kvm";
  if (vendor == "QEMU") return "qemu";
  if (vendor == "innotek GmbH") return "virtualbox";
  if (vendor.rfind("VMware", 0) == 0) return "vmware";
  if (vendor == "Microsoft Corporation" && product == "Virtual Machine") return "hyper-v";
  // These vendors sell bare metal under the same name; only the flag tells.
  if (is_flagged && vendor == "Amazon EC2") return "amazon-ec2";
  if (is_flagged && vendor == "Google") return "google-compute-engine";
  if (read_value(device_tree(root) + "hypervisor/compatible") == "linux,kvm") return "kvm";
  if (read_value(device_tree(root) + "model") == "linux,dummy-virt") return "qemu";
  return is_flagged ? "unknown" : "";
}

std::int64_t memory_bytes(const std::string& root) {
  const std::string text = value_of(read_small_file(root + "/proc/meminfo"), "MemTotal", ':');
  std::int64_t kib = 0;
  std::from_chars(text.data(), text.data() + text.size(), kib);
  return kib > 0 && kib < (std::int64_t{1} << 50) ? kib * 1024 : 0;
}

// "48K" -> "48 KiB"
std::string cache_size(const std::string& size) {
  if (size.empty()) return "of unknown size";
  switch (size.back()) {
    case 'K':
      return size.substr(0, size.size() - 1) + " KiB";
    case 'M':
      return size.substr(0, size.size() - 1) + " MiB";
    default:
      return size + " B";
  }
}

std::vector<std::string> caches(const std::string& root) {
  std::vector<std::string> result;
  for (int index = 0; index < 16; ++index) {
    const std::string folder = root + "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index) + "/";
    const std::string level = read_value(folder + "level");
    if (level.empty()) break;
    const std::string type = read_value(folder + "type");
    const char* suffix = type == "Data" ? "d" : type == "Instruction" ? "i" : "";
    result.push_back("L" + level + suffix + " " + cache_size(read_value(folder + "size")));
  }
  return result;
}

}  // namespace

HostInfo read_host_info(const std::string& root) {
  const std::string cpuinfo = read_small_file(root + "/proc/cpuinfo");
  HostInfo host;
  host.device_model = device_model(root);
  host.device_unit = device_unit(root);
  host.boot_id = read_value(root + "/proc/sys/kernel/random/boot_id");
  host.os = os_name(root);
  host.kernel = kernel_release(root);
  host.cpu_model = cpu_model(cpuinfo);
  host.memory_bytes = memory_bytes(root);
  host.hypervisor = hypervisor(root, cpuinfo);
  host.caches = caches(root);
  return host;
}

}  // namespace hetscope
