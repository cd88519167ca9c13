// The build's own identity, hashes and identifiers. What the host says about itself is in host_info.cpp.
#include "harness/record/fingerprint.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>

#include "build_info_values.hpp"
#include "harness/core/error.hpp"
#include "harness/core/sha256.hpp"

namespace hetscope {

BuildInfo build_info() {
  std::string target = kTarget;
  std::transform(target.begin(), target.end(), target.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return {kVersion, kGitCommit, kGitDirty, kCompiler, kFlags, kBuildType, std::move(target)};
}

std::string sha256_of_text(const std::string& text) {
  Sha256 hash;
  hash.update(text);
  return hash.finish_hex();
}

std::string sha256_of_file(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"), &std::fclose);
  if (!file) throw Error(std::string("cannot be opened: ") + std::strerror(errno), path);
  Sha256 hash;
  std::string chunk(std::size_t{1} << 16, '\0');
  while (const std::size_t got = std::fread(chunk.data(), 1, chunk.size(), file.get())) {
    hash.update(std::string_view(chunk.data(), got));
  }
  if (std::ferror(file.get()) != 0) throw Error(std::string("cannot be read: ") + std::strerror(errno), path);
  return hash.finish_hex();
}

std::string make_uuid() {
  std::random_device source;
  std::string uuid;
  for (int digit = 0; digit < 32; ++digit) {
    if (digit == 8 || digit == 12 || digit == 16 || digit == 20) uuid.push_back('-');
    unsigned value = source() & 0xfU;
    if (digit == 12) value = 4;                   // the version
    if (digit == 16) value = 8 | (value & 0x3U);  // the variant of RFC 9562
    uuid.push_back("0123456789abcdef"[value]);
  }
  return uuid;
}

nlohmann::json to_json(const BuildInfo& build) {
  return {{"version", build.version},   {"git_commit", build.git_commit}, {"git_dirty", build.git_dirty},
          {"compiler", build.compiler}, {"flags", build.flags},           {"build_type", build.build_type},
          {"target", build.target}};
}

nlohmann::json to_json(const HostInfo& host) {
  return {{"device_model", host.device_model},
          {"device_unit", host.device_unit},
          {"boot_id", host.boot_id},
          {"os", host.os},
          {"kernel", host.kernel},
          {"cpu_model", host.cpu_model},
          {"memory_bytes", host.memory_bytes},
          {"hypervisor", host.hypervisor},
          {"caches", host.caches}};
}

}  // namespace hetscope
