// hetscope-faulty: the program with kernels that fail in every way beside the suite's own.
#include <utility>

#include "bench/commands/program.hpp"
#include "kernels/catalog.hpp"
#include "tests/e2e/faulty_kernels.hpp"

int main(int argc, char** argv) {
  hetscope::Catalog catalog = hetscope::make_catalog();
  hetscope::add_faulty_kernels(catalog);
  return hetscope::hetscope_main(argc, argv, std::move(catalog));
}
