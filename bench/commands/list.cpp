// hetscope list: the case lines a run would measure, and how long it would take; nothing is run.
#include <cstdio>
#include <memory>

#include "bench/commands/command.hpp"

namespace hetscope {

void add_list(Commands& commands) {
  auto selection = std::make_shared<Selection>();
  auto estimate = std::make_shared<bool>(false);
  CLI::App* command = commands.app.add_subcommand("list", "print the case lines of scenarios; run nothing");
  selection->add_options(*command);
  command->add_flag("--estimate", *estimate, "print how many cases and minutes, not the lines");
  command->callback([&commands, selection, estimate] {
    commands.action = [&commands, selection, estimate] {
      const Plan plan = make_plan(*selection, commands.catalog);
      std::size_t cases = 0;
      std::size_t with_energy = 0;
      for (const PlannedGroup& group : plan.groups) {
        cases += group.cases.size();
        if (group.energy) with_energy += group.cases.size();
        if (*estimate) continue;
        for (const PlannedCase& planned : group.cases) std::printf("%s\n", planned.item.line().c_str());
      }
      if (*estimate) {
        const Estimate time = hetscope::estimate(plan.groups);
        std::printf("%zu cases in %zu groups, at most %.1f minutes", cases, plan.groups.size(), time.total_s / 60);
        if (with_energy > 0) {
          std::printf("; %zu cases with energy, %.1f minutes of it for each meter", with_energy, time.energy_s / 60);
        }
        std::printf("\n");
      }
      return kExitOk;
    };
  });
}

}  // namespace hetscope
