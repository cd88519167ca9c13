// One group of cases: the members that can run are prepared and verified one by one, measured together, and each
// becomes a record whatever happened to it.
#include "harness/run/runner.hpp"

#include <algorithm>
#include <exception>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/core/random.hpp"
#include "harness/kernel/reference_loop.hpp"
#include "harness/kernel/verify.hpp"
#include "harness/measure/batch.hpp"
#include "harness/measure/conditions.hpp"
#include "harness/measure/session.hpp"
#include "harness/run/contention.hpp"
#include "harness/run/modelled_energy.hpp"
#include "harness/run/peak_memory.hpp"
#include "harness/run/record_of.hpp"
#include "harness/run/runner_member.hpp"
#include "harness/run/soak.hpp"

namespace hetscope {
namespace {

Status status_of_refusal(bool is_absent) { return is_absent ? Status::skipped : Status::unsupported; }

// Runs `step` and turns what it throws into the member's failure. The one place where a case's exceptions end, unless a
// processor is lost with it: attempt().
template <class Step>
bool guarded(Record& record, const char* doing, Step&& step) {
  try {
    step();
    return true;
  } catch (const Declined& declined) {
    set_status(record, status_of_refusal(declined.is_absent()), declined.what());
  } catch (const std::bad_alloc&) {
    set_status(record, Status::failed, std::string(doing) + ": not enough memory");
  } catch (const std::exception& error) {
    set_status(record, Status::failed, std::string(doing) + ": " + error.what());
  }
  return false;
}

// A run that is longer is not repeated to see whether it gives the same bits again.
constexpr double kLongestRepeatS = 1;
constexpr double kNsPerS = 1e9;

std::shared_ptr<const GroupProblem> unverified_problem(const Operation& operation) {
  return std::make_shared<GroupProblem>(GroupProblem{&operation, {}, {}});
}

bool has_times(const Record& record) { return record.status == Status::ok || record.status == Status::unstable; }

class VisitObserver final : public MeasureObserver {
 public:
  VisitObserver(const Progress& progress, const std::vector<std::size_t>& members, ConditionsWatch& watch)
      : progress_(progress), members_(members), watch_(watch) {}
  void visiting(std::size_t subject) override {
    current_ = members_[subject];
    watch_.look();
    if (progress_) progress_(current_);
  }
  std::size_t current() const { return current_; }

 private:
  const Progress& progress_;
  const std::vector<std::size_t>& members_;
  ConditionsWatch& watch_;
  std::size_t current_ = 0;
};

}  // namespace

std::string problem_key(const Case& item, const Operation& operation) {
  Case problem(std::string(operation.name()), "", {});
  for (const AxisSpec& axis : operation.axes()) {
    if (const AxisValue* value = item.find(axis.name)) problem.set(axis.name, *value);
  }
  return problem.line();
}

struct Runner::State {
  const Catalog& catalog;
  ProcessorSet& processors;
  std::vector<std::unique_ptr<EnergyMeter>> meters;
  std::vector<std::string> missing_meters;
  RunIdentity identity;
  const Clock& clock;
  Session session;
  std::string procfs_root;
  ConditionsReader conditions;
  PeakMemory peak_memory;
  std::map<std::string, std::shared_ptr<const GroupProblem>> problems;    // of the current group
  std::map<std::string, std::shared_ptr<GroupLoad>> loads = {};           // of the current group, by case line
  std::map<std::string, std::unique_ptr<ReferenceLoop>> references = {};  // by processor
  std::vector<std::unique_ptr<EnergyModel>> models = {};
  std::optional<double> process_start_s = {};

  // guarded(), and throws Error where a processor no longer works after a failure.
  template <class Step>
  bool attempt(Record& record, const char* doing, Step&& step) {
    if (guarded(record, doing, std::forward<Step>(step))) return true;
    if (record.status != Status::failed) return false;
    // Else the cases behind it, which are well, would fail for the same reason.
    if (const Support working = processors.check(); !working) throw Error(record.reason + "; " + working.reason());
    return false;
  }
  GroupMember start(const PlannedGroup& group, const Case& item);
  void prepare(GroupMember& member, const Case& item);
  std::shared_ptr<GroupLoad> load_of(const Case& item);
  double run_once(Runnable& runnable);
  void verify_answer(GroupMember& member, const Case& item);
  void measure(const PlannedGroup& group, std::vector<GroupMember>& members, const Progress& progress,
               ConditionsWatch& watch);
  ReferenceLoop* reference_of(Processor& processor);
  void measure_energy(GroupMember& member);
  std::vector<Processor*> opened(const Case& item);
  std::shared_ptr<const GroupProblem> problem_of(const Case& item, const Operation& operation);
};

std::shared_ptr<const GroupProblem> Runner::State::problem_of(const Case& item, const Operation& operation) {
  const std::string key = problem_key(item, operation);
  auto& entry = problems[key];
  if (!entry) {
    auto problem = std::make_shared<GroupProblem>();
    problem->operation = &operation;
    problem->inputs = operation.inputs(item, seed_from(key));
    problem->expectations = operation.reference(item, problem->inputs);
    entry = std::move(problem);
  }
  return entry;
}

GroupMember Runner::State::start(const PlannedGroup& group, const Case& item) {
  GroupMember member;
  member.record = unmeasured_record(identity, group, item, Status::failed, "");
  // Zero until it is prepared, which is when it is measured.
  member.record.prepare_ns = 0;
  return member;
}

void Runner::State::prepare(GroupMember& member, const Case& item) {
  const Operation& operation = catalog.operations().at(item.operation());
  catalog.validate(item);
  member.kernel = &catalog.kernels().at(item.kernel());
  const Work useful = operation.useful_work(item);
  const Work executed = member.kernel->executed_work(item, operation);
  member.record.useful_bytes = useful.bytes;
  member.record.useful_flops = useful.flops;
  member.record.executed_bytes = executed.bytes;
  member.record.executed_flops = executed.flops;

  const std::vector<Processor*> on = opened(item);
  if (const Support support = member.kernel->supports(item, on); !support) {
    set_status(member.record, status_of_refusal(support.is_absent()), support.reason());
    return;
  }
  // Before the case itself: a member that holds a Runnable is one that can be measured.
  if (const std::optional<Case> load = catalog.load_of(item)) member.load = load_of(*load);
  member.problem = member.kernel->unverifiable().empty() ? problem_of(item, operation) : unverified_problem(operation);
  member.on = on;
  for (Processor* processor : on) {
    if (ReferenceLoop* loop = reference_of(*processor)) member.references.push_back(loop);
  }
  peak_memory.restart();
  const std::int64_t begin_ns = clock.now_ns();
  member.runnable = member.kernel->prepare(item, on, member.problem->inputs);
  member.record.prepare_ns = static_cast<double>(clock.now_ns() - begin_ns);
  member.record.prepare_bytes = member.runnable->prepared_bytes();
}

std::vector<Processor*> Runner::State::opened(const Case& item) {
  std::vector<Processor*> on;
  for (const std::string& name : item.processors()) on.push_back(&processors.at(name));
  return on;
}

std::shared_ptr<GroupLoad> Runner::State::load_of(const Case& item) {
  std::shared_ptr<GroupLoad>& entry = loads[item.line()];
  if (entry) return entry;
  auto load = std::make_shared<GroupLoad>();
  const Operation& operation = catalog.operations().at(item.operation());
  const Kernel& kernel = catalog.kernels().at(item.kernel());
  const std::vector<Processor*> on = opened(item);
  if (const Support support = kernel.supports(item, on); !support) {
    const std::string reason = "the load: " + support.reason();
    throw Declined(support.is_absent() ? Support::absent(reason) : Support::no(reason));
  }
  if (!kernel.unverifiable().empty()) {
    throw Declined(Support::no("the load: nothing of it is verified: " + std::string(kernel.unverifiable())));
  }
  load->executed = kernel.executed_work(item, operation);
  load->problem = problem_of(item, operation);
  load->runnable = kernel.prepare(item, on, load->problem->inputs);
  {
    const EnteredRunnable entered(*load->runnable);
    load->runnable->run(1);
  }
  const auto own = own_reference(kernel, operation, item, load->problem->inputs);
  const Verification verification =
      verify(load->runnable->outputs(), own ? *own : load->problem->expectations, operation.tolerance(item));
  if (!verification.matches) throw Error("the load computes something wrong: " + verification.reason);
  entry = std::move(load);
  return entry;
}

// Seconds of one execution.
double Runner::State::run_once(Runnable& runnable) {
  const EnteredRunnable entered(runnable);
  const std::int64_t begin_ns = clock.now_ns();
  runnable.run(1);
  return static_cast<double>(clock.now_ns() - begin_ns) / kNsPerS;
}

void Runner::State::verify_answer(GroupMember& member, const Case& item) {
  const Operation& operation = *member.problem->operation;
  const double first_run_s = run_once(*member.runnable);
  if (!member.kernel->unverifiable().empty()) return;
  member.memory = peak_memory.read();
  const Tolerance tolerance = operation.tolerance(item);
  const std::vector<HostTensor> outputs = member.runnable->outputs();
  if (member.kernel->program_model() != ProgramModel::host_function) {
    member.record.metrics["first_run"] = {first_run_s, "s", ""};
    if (process_start_s) member.record.metrics["process_start"] = {*process_start_s, "s", ""};
    if (first_run_s < kLongestRepeatS) {
      run_once(*member.runnable);
      const auto differing = static_cast<double>(differing_elements(outputs, member.runnable->outputs()));
      member.record.metrics["differing_elements"] = {differing, "1", ""};
    }
  }
  const auto own = own_reference(*member.kernel, operation, item, member.problem->inputs);
  const std::vector<Expectation>& expectations = own ? *own : member.problem->expectations;
  const Verification verification = verify(outputs, expectations, tolerance);
  member.record.verify = record_of(verification);
  add_numerics(member.record, outputs, expectations);
  if (!verification.matches) {
    set_status(member.record, Status::mismatch, verification.reason);
    member.runnable.reset();
    return;
  }
  // A result that is right bit for bit has no error anywhere.
  const std::vector<Region> seams = member.kernel->seams(item);
  if (!seams.empty() && !member.problem->expectations[0].exact) {
    const SeamErrors errors = seam_errors(outputs[0], member.problem->expectations[0], tolerance, seams);
    member.record.metrics["max_scaled_error_at_seam"] = {errors.at_seam, "1", ""};
    member.record.metrics["max_scaled_error_elsewhere"] = {errors.elsewhere, "1", ""};
  }
  if (own) {
    const Verification true_error = verify(outputs, member.problem->expectations, tolerance);
    member.record.metrics["max_abs_error_to_exact_operand"] = {true_error.max_abs_error, "1", ""};
    member.record.metrics["relative_error_to_exact_operand"] = {relative_error(outputs, member.problem->expectations),
                                                                "1", ""};
  }
}

ReferenceLoop* Runner::State::reference_of(Processor& processor) {
  auto entry = references.find(processor.name());
  if (entry == references.end()) {
    entry = references.emplace(processor.name(), make_reference_loop(processor, clock)).first;
  }
  return entry->second.get();
}

void Runner::State::measure(const PlannedGroup& group, std::vector<GroupMember>& members, const Progress& progress,
                            ConditionsWatch& watch) {
  MeasureOptions options;
  options.throttle.hottest_c = [this] { return conditions.hottest_c(); };
  options.seed = seed_from(group.key);
  options.soak = group.soak;
  // A member whose run throws leaves the group, and the others are measured again from the start.
  for (;;) {
    std::vector<Subject> subjects;
    std::vector<std::size_t> numbers;
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (!members[i].runnable) continue;
      subjects.push_back({members[i].runnable.get(), members[i].record.item.text_or("cache", "hot") == "cold",
                          members[i].references, members[i].load ? members[i].load->runnable.get() : nullptr});
      numbers.push_back(i);
    }
    if (subjects.empty()) return;
    options.budget_ns = static_cast<std::int64_t>(group.budget_s * 1e9);
    options.stop.min_time_ns = std::min(options.stop.min_time_ns, options.budget_ns / 2 / std::ssize(subjects));
    VisitObserver observer(progress, numbers, watch);
    std::vector<Measurement> results;
    std::exception_ptr failure;
    try {
      results = session.measure(subjects, options, &observer);
    } catch (const std::exception&) {
      failure = std::current_exception();
    }
    if (failure) {
      GroupMember& culprit = members[observer.current()];
      attempt(culprit.record, "measuring", [&] { std::rethrow_exception(failure); });
      culprit.runnable.reset();
      continue;
    }
    for (std::size_t i = 0; i < results.size(); ++i) {
      add_measurement(members[numbers[i]].record, results[i], options);
      if (group.soak) add_soak(members[numbers[i]].record, results[i], options.seed);
      members[numbers[i]].speed = record_of_speed(results[i]);
      if (const auto& load = members[numbers[i]].load) {
        add_contention(members[numbers[i]].record, results[i].loaded, load->executed, options.seed);
      }
    }
    return;
  }
}

void Runner::State::measure_energy(GroupMember& member) {
  Record& record = member.record;
  if (meters.empty()) {
    std::string reason = "no meter";
    for (const std::string& missing : missing_meters) reason += ": " + missing;
    record.energies.push_back(no_energy(one_line(std::move(reason))));
  }
  const LatencyRecord* latency = record.latency();
  const Subject subject{member.runnable.get(), record.item.text_or("cache", "hot") == "cold"};
  for (const auto& meter : meters) {
    LoadReader load(procfs_root);
    const EnergyMeasurement energy = session.measure_energy(subject, *meter, {}, latency->median_ns, &load);
    record.energies.push_back(record_of(energy));
    if (!record.edp) record.edp = edp_of(energy, latency->median_ns);
  }
  // A meter that refused has its reason; a model in its place would hide it.
  if (meters.empty()) add_modelled_energies(models, member.on, *member.runnable, conditions, record);
}

Runner::Runner(const Catalog& catalog, ProcessorSet& processors, std::vector<std::unique_ptr<EnergyMeter>> meters,
               std::vector<std::string> missing_meters, RunIdentity identity, const Clock& clock,
               std::string procfs_root)
    : state_(new State{catalog,
                       processors,
                       std::move(meters),
                       std::move(missing_meters),
                       std::move(identity),
                       clock,
                       Session(clock),
                       procfs_root,
                       ConditionsReader("/sys", procfs_root),
                       PeakMemory(procfs_root),
                       {}}) {}

Runner::~Runner() = default;

void Runner::set_process_start(double seconds) { state_->process_start_s = seconds; }

void Runner::use_models(std::vector<std::unique_ptr<EnergyModel>> models) { state_->models = std::move(models); }

std::vector<Record> Runner::run(const PlannedGroup& group, const Progress& progress) {
  State& state = *state_;
  state.problems.clear();
  state.loads.clear();
  std::vector<GroupMember> members;
  for (std::size_t i = 0; i < group.cases.size(); ++i) {
    if (progress) progress(i);
    const Case item = group.cases[i].item();
    GroupMember& member = members.emplace_back(state.start(group, item));
    if (!state.attempt(member.record, "preparing", [&] { state.prepare(member, item); }) || !member.runnable) continue;
    if (!state.attempt(member.record, "verifying", [&] { state.verify_answer(member, item); })) member.runnable.reset();
  }
  ConditionsWatch watch(state.conditions, state.clock);
  state.measure(group, members, progress, watch);
  const ConditionsLog conditions = watch.finish();

  std::vector<Record> records;
  for (std::size_t i = 0; i < members.size(); ++i) {
    GroupMember& member = members[i];
    member.record.conditions = record_of(conditions);
    if (member.speed.blocks > 0) member.record.conditions.speed = member.speed;
    if (member.runnable && member.record.status == Status::ok) {
      if (progress) progress(i);
      if (group.energy && member.load) {
        member.record.energies.push_back(no_energy("not measured beside a load: a meter counts both"));
      } else if (group.energy && !member.runnable->principal_clock().empty()) {
        member.record.energies.push_back(no_energy("not measured: a meter counts the start of the program too"));
      } else if (group.energy) {
        state.attempt(member.record, "measuring energy", [&] { state.measure_energy(member); });
      } else {
        member.record.energies.push_back(no_energy("not asked for by the scenario"));
      }
    }
    if (member.runnable && has_times(member.record)) tell_of_runnable(member);
    records.push_back(std::move(member.record));
  }
  return records;
}

}  // namespace hetscope
