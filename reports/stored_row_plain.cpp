// Without simdjson every line is read in full.
#include "reports/stored_row.hpp"

namespace hetscope {

struct StoredRowReader::Parser {};

StoredRowReader::StoredRowReader() = default;
StoredRowReader::~StoredRowReader() = default;

bool StoredRowReader::read(std::string_view, StoredRow&) { return false; }

}  // namespace hetscope
