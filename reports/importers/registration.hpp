// The lines of importers.inc become enumerators and declared specialisations, so that an importer without its line does
// not compile and a line without its importer does not link.
#pragma once

#include <memory>

#include "reports/importers/importer.hpp"

namespace hetscope {

enum class ImporterId {
#define HETSCOPE_IMPORTER(name) name,
#include "reports/importers/importers.inc"
#undef HETSCOPE_IMPORTER
};

template <ImporterId>
std::unique_ptr<Importer> make_importer();

#define HETSCOPE_IMPORTER(name) \
  template <>                   \
  std::unique_ptr<Importer> make_importer<ImporterId::name>();
#include "reports/importers/importers.inc"
#undef HETSCOPE_IMPORTER

}  // namespace hetscope

// At the end of the file that implements it, in namespace hetscope. Type::name() says the same name.
#define HETSCOPE_DEFINE_IMPORTER(name, Type)                    \
  template <>                                                   \
  std::unique_ptr<Importer> make_importer<ImporterId::name>() { \
    return std::make_unique<Type>();                            \
  }
