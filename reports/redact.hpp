// Runs that leave the house without what names one device, one person or one unreleased build. Times, case lines,
// product names and versions stay: they are what is shared.
#pragma once

#include <string>
#include <string_view>

#include "reports/report.hpp"

namespace hetscope {

// Device units and boots become "unit-1", "boot-1": what came from one device still does. Commits, hashes of binaries,
// local versions of kernels, folders of files, and in free texts (reasons, evidence, drivers) everything that
// redacted_text finds are gone. A run.json that cannot be read is left out, with a fault.
void redact(ReportInput& input);

// `text` with serial numbers, build, commit and change ids, UUIDs, MAC addresses, long hexadecimal words and the user's
// name in a home directory replaced by "[removed]".
std::string redacted_text(std::string_view text);

}  // namespace hetscope
