// hetscope: the program with the suite's own kernels.
#include "bench/commands/program.hpp"
#include "kernels/catalog.hpp"

int main(int argc, char** argv) { return hetscope::hetscope_main(argc, argv, hetscope::make_catalog()); }
