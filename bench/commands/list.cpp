// hetscope list: the case lines a run would measure, and how long it would take; nothing is run.
#include <cstdio>
#include <memory>
#include <vector>

#include "bench/commands/command.hpp"

namespace hetscope {
namespace {

void print_lines(const std::vector<PlannedGroup>& groups) {
  for (const PlannedGroup& group : groups) {
    for (const PlannedCase& planned : group.cases) std::puts(planned.line.c_str());
  }
}

}  // namespace

void add_list(Commands& commands) {
  auto selection = std::make_shared<Selection>();
  auto estimate = std::make_shared<bool>(false);
  CLI::App* command = commands.app.add_subcommand("list", "print the case lines of scenarios; run nothing");
  selection->add_options(*command);
  command->add_flag("--estimate", *estimate, "print how many cases and minutes, not the lines");
  command->callback([&commands, selection, estimate] {
    commands.action = [&commands, selection, estimate] {
      // Not freed: the process ends with it, and freeing tens of thousands of lines takes as long as printing them.
      static const Plan& plan = *new Plan(make_plan(*selection, commands.catalog));
      std::size_t cases = 0;
      std::size_t with_energy = 0;
      std::size_t without_baseline = 0;
      for (const PlannedGroup& group : plan.groups) {
        cases += group.cases.size();
        if (group.energy) with_energy += group.cases.size();
        if (group.lacks_baseline) ++without_baseline;
      }
      if (!*estimate) {
        print_lines(plan.groups);
      } else {
        const Estimate time = hetscope::estimate(plan.groups);
        std::printf("%zu cases in %zu groups, about %.1f minutes without loading and converting", cases,
                    plan.groups.size(), time.total_s / 60);
        if (with_energy > 0) {
          std::printf("; %zu cases with energy, %.1f minutes of it for each meter", with_energy, time.energy_s / 60);
        }
        if (without_baseline > 0) {
          std::printf(
              "; without a member that is the baseline: %zu groups (an axis is missing in compare_by, an earlier "
              "experiment has the case, or a kernel or processor is not here)",
              without_baseline);
        }
        std::printf("\n");
      }
      return kExitOk;
    };
  });
}

}  // namespace hetscope
