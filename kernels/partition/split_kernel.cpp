// From a case's words to parts that are prepared.
#include "kernels/partition/split_kernel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <numeric>

#include "harness/core/registry.hpp"
#include "harness/core/split_text.hpp"
#include "kernels/partition/cut.hpp"
#include "kernels/partition/threaded_run.hpp"

namespace hetscope {
namespace {

constexpr std::size_t kMostProcessors = 3;

std::vector<std::string> texts(std::span<const std::string_view> names) { return {names.begin(), names.end()}; }

// As many as there are processors.
std::vector<double> shares_in(const Case& item, std::size_t processors) {
  std::vector<double> shares = {item.real("ratio")};
  if (processors > 2) shares.push_back(item.real("ratio_of_second"));
  shares.push_back(std::max(0.0, 1 - std::accumulate(shares.begin(), shares.end(), 0.0)));
  return shares;
}

std::vector<CutRange> ranges_of(const Operation& operation, const Case& item, std::size_t processors) {
  return cut(operation.split_extent(item, item.text("split")), shares_in(item, processors), item.integer("unit"));
}

// A split's own axes, and those of the kernels that parts may name: these take their defaults unless a case says else.
std::vector<AxisSpec> axes_for(const Operation& operation, std::span<const std::unique_ptr<Kernel>> kernels) {
  const std::span<const std::string> split_axes = operation.split_axes();
  const AxisValue first_axis = split_axes.empty() ? AxisValue(std::string()) : AxisValue(split_axes.front());
  std::vector<AxisSpec> axes = {
      {.name = "parts",
       .type = AxisType::text,
       .meaning = "the kernels of the parts, separated by commas, in the order of the processors",
       .fallback = std::nullopt,
       .choices = {}},
      {.name = "split",
       .type = AxisType::text,
       .meaning = "the axis that is divided",
       .fallback = first_axis,
       .choices = {split_axes.begin(), split_axes.end()}},
      {.name = "ratio",
       .type = AxisType::real,
       .meaning = "the first processor's share, from 0 to 1",
       .fallback = std::nullopt,
       .choices = {},
       .range = {{0, 1}}},
      {.name = "ratio_of_second",
       .type = AxisType::real,
       .meaning = "the second processor's share where there are three, from 0 to 1",
       .fallback = std::nullopt,
       .choices = {},
       .required = false,
       .range = {{0, 1}}},
      {.name = "unit",
       .type = AxisType::integer,
       .meaning = "cuts are at multiples of this",
       .fallback = AxisValue(std::int64_t{1}),
       .choices = {},
       .least = 1},
      {.name = "threads",
       .type = AxisType::integer,
       .meaning = "threads of each part that runs on the host, at least 1",
       .fallback = AxisValue(std::int64_t{1}),
       .choices = {},
       .least = 1},
      {.name = "sharing",
       .type = AxisType::text,
       .meaning = "how a device gets at the host's operands",
       .fallback = AxisValue(std::string(kSharingNames[0])),
       .choices = texts(kSharingNames)},
      {.name = "sync",
       .type = AxisType::text,
       .meaning = "how the host learns that a device is done",
       .fallback = AxisValue(std::string(kWaitingNames[0])),
       .choices = texts(kWaitingNames)},
  };
  for (const auto& kernel : kernels) {
    for (const AxisSpec& axis : kernel->axes()) {
      if (std::ranges::find(axes, axis.name, &AxisSpec::name) != axes.end()) continue;
      axes.push_back(axis);
      axes.back().fallback.reset();
      axes.back().required = false;
    }
  }
  return axes;
}

// Slices of the whole's inputs; notes which must be gathered in every run.
void slice_inputs(std::span<const Operand> whole, SplitPart& part) {
  for (std::size_t i = 0; i < whole.size(); ++i) {
    const Region& region = part.problem.inputs[i];
    HostTensor slice = slice_of(whole[i].tensor, region);
    if (!is_contiguous(region, whole[i].tensor.view())) {
      gather(whole[i].tensor, region, slice);
      if (whole[i].lifetime == Lifetime::per_run) part.gathers.push_back(i);
    }
    part.inputs.push_back({whole[i].name, whole[i].lifetime, std::move(slice)});
  }
}

// Where the part leaves its outputs: in `merged` itself where it can.
void place_outputs(std::vector<HostTensor>& merged, bool is_first, SplitPart& part) {
  for (std::size_t i = 0; i < merged.size(); ++i) {
    const Region& region = part.problem.outputs[i];
    const bool is_apart = part.problem.adds ? !is_first : !is_contiguous(region, merged[i].view());
    part.merges = part.merges || is_apart;
    part.outputs.push_back(is_apart ? HostTensor(merged[i].dtype(), region.shape(), merged[i].layout())
                                    : slice_of(merged[i], region));
  }
}

SharedOperands shared_operands_of(const Case& item, SplitPart& part) {
  SharedOperands shared;
  shared.sharing = sharing_named(item.text("sharing"));
  shared.waiting = waiting_named(item.text("sync"));
  for (const Operand& input : part.inputs) {
    shared.inputs.push_back(input.lifetime == Lifetime::per_run ? &input.tensor : nullptr);
  }
  for (HostTensor& output : part.outputs) shared.outputs.push_back(&output);
  return shared;
}

}  // namespace

SplitKernel::SplitKernel(std::string name, std::unique_ptr<Operation> operation,
                         std::vector<std::unique_ptr<Kernel>> kernels, const StageClocks& clocks)
    : name_(std::move(name)),
      operation_(std::move(operation)),
      kernels_(std::move(kernels)),
      clocks_(clocks),
      axes_(axes_for(*operation_, kernels_)) {}

const Kernel* SplitKernel::find_kernel(std::string_view name) const {
  const auto found = std::ranges::find_if(kernels_, [&](const auto& kernel) { return kernel->name() == name; });
  return found == kernels_.end() ? nullptr : found->get();
}

Support SplitKernel::check_words(const Case& item, std::span<const std::string> processors) const {
  if (processors.size() < 2 || processors.size() > kMostProcessors) {
    return Support::no(fmt::format("{} runs on two or three processors, not {}", name_, processors.size()));
  }
  for (std::size_t i = 0; i < processors.size(); ++i) {
    if (std::ranges::count(processors.first(i), processors[i]) > 0) {
      return Support::no("processor " + processors[i] + " is named twice");
    }
  }
  const std::vector<std::string_view> parts = split_text(item.text("parts"), ',');
  if (parts.size() != processors.size()) {
    return Support::no(fmt::format("'parts' names {} kernels for {} processors", parts.size(), processors.size()));
  }
  for (const std::string_view part : parts) {
    if (find_kernel(part) != nullptr) continue;
    std::vector<std::string> names;
    for (const auto& kernel : kernels_) names.emplace_back(kernel->name());
    return Support::no(unknown_name("kernel of a part", part, names).what());
  }
  if (item.has("ratio_of_second") != (processors.size() == kMostProcessors)) {
    return Support::no("'ratio_of_second' is for three processors, which need it");
  }
  if (processors.size() == kMostProcessors && item.real("ratio") + item.real("ratio_of_second") > 1) {
    return Support::no("the shares of the first two processors are more than 1 together");
  }
  const std::string& axis = item.text("split");
  const std::vector<CutRange> ranges = ranges_of(*operation_, item, processors.size());
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (ranges[i].first == ranges[i].second) continue;
    const Support support = operation_->allows_part(item, axis, ranges[i].first, ranges[i].second);
    if (!support) return Support::no("the part on " + processors[i] + ": " + support.reason());
  }
  return Support::yes();
}

Case SplitKernel::case_of(const Case& part, const Case& whole, const Kernel& kernel,
                          const std::string& processor) const {
  Case item(std::string(operation_->name()), std::string(kernel.name()), {processor});
  const auto take = [&](std::span<const AxisSpec> specs, const Case& from) {
    for (const AxisSpec& spec : specs) {
      if (const AxisValue* value = from.find(spec.name)) {
        item.set(spec.name, *value);
      } else if (spec.fallback) {
        item.set(spec.name, *spec.fallback);
      }
    }
  };
  take(operation_->axes(), part);
  take(kernel.axes(), whole);
  take(common_axes(), whole);
  return item;
}

std::vector<SplitKernel::Share> SplitKernel::shares_of(const Case& item) const {
  const std::string& axis = item.text("split");
  const std::vector<std::string_view> parts = split_text(item.text("parts"), ',');
  const std::vector<CutRange> ranges = ranges_of(*operation_, item, item.processors().size());
  std::vector<Share> shares;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    Share share{find_kernel(parts[i]), item.processors()[i], ranges[i].first, ranges[i].second, {}};
    if (share.begin < share.end) {
      share.problem = operation_->part_of(item, axis, share.begin, share.end);
      share.problem.item = case_of(share.problem.item, item, *share.kernel, share.processor);
    }
    shares.push_back(std::move(share));
  }
  return shares;
}

Support SplitKernel::supports(const Case& item, Processors processors) const {
  if (Support words = check_words(item, item.processors()); !words) return words;
  if (processors.size() != item.processors().size()) {
    return Support::no(fmt::format("{} processors for a case of {}", processors.size(), item.processors().size()));
  }
  const std::vector<Share> shares = shares_of(item);
  for (std::size_t i = 0; i < shares.size(); ++i) {
    if (shares[i].begin == shares[i].end) continue;
    if (shares[i].problem.adds && operation_->output_views(item)[0].dtype() != DType::f32) {
      return Support::no("the host adds up f32 only, and so only sums of that type can be divided");
    }
    const Support support = shares[i].kernel->supports(shares[i].problem.item, processors.subspan(i, 1));
    if (!support) return Support::no("the part on " + shares[i].processor + ": " + support.reason());
  }
  return Support::yes();
}

std::unique_ptr<Runnable> SplitKernel::prepare(const Case& item, Processors processors,
                                               std::span<const Operand> inputs) const {
  std::vector<HostTensor> merged;
  for (TensorView& view : operation_->output_views(item)) merged.emplace_back(std::move(view));
  const std::vector<Share> shares = shares_of(item);
  std::vector<SplitPart> parts;
  // The outputs of a part point into its own members, which therefore must not move any more.
  parts.reserve(shares.size());
  bool is_calling_thread_taken = false;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const Share& share = shares[i];
    if (share.begin == share.end) continue;
    SplitPart& part = parts.emplace_back();
    part.processor = share.processor;
    part.problem = share.problem;
    slice_inputs(inputs, part);
    place_outputs(merged, parts.size() == 1, part);
    part.runnable = share.kernel->prepare(part.problem.item, processors.subspan(i, 1), part.inputs);
    part.asynchronous = part.runnable->make_asynchronous(shared_operands_of(item, part));
    if (part.asynchronous) continue;
    // A run of a model occupies the thread that calls it, while another processor works.
    const bool is_model = share.kernel->program_model() == ProgramModel::submodel;
    if (!is_model && share.kernel->program_model() != ProgramModel::host_function) {
      throw Declined(Support::no(std::string(share.kernel->name()) + " cannot run beside others: it does not say " +
                                 "which of its operands cross between the host and " + share.processor));
    }
    if (!part.runnable->write_outputs_to(part.outputs)) {
      throw Declined(
          Support::no(std::string(share.kernel->name()) + " cannot leave its results where a split needs them"));
    }
    if (is_model || is_calling_thread_taken) {
      part.asynchronous = std::make_unique<ThreadedRun>(*part.runnable);
    } else {
      is_calling_thread_taken = true;
    }
  }
  const auto extent = static_cast<double>(operation_->split_extent(item, item.text("split")));
  return std::make_unique<SplitRunnable>(inputs, std::move(merged), std::move(parts),
                                         static_cast<double>(shares[0].end) / extent, clocks_);
}

Work SplitKernel::executed_work(const Case& item, const Operation&) const {
  Work total;
  if (!check_words(item, item.processors())) return operation_->useful_work(item);
  for (const Share& share : shares_of(item)) {
    if (share.begin == share.end) continue;
    const Work work = share.kernel->executed_work(share.problem.item, *operation_);
    total.bytes += work.bytes;
    total.flops += work.flops;
  }
  return total;
}

std::optional<std::vector<Operand>> SplitKernel::approximated_inputs(const Case& item,
                                                                     std::span<const Operand> inputs) const {
  std::optional<std::vector<Operand>> result;
  for (const Share& share : shares_of(item)) {
    if (share.begin == share.end) continue;
    SplitPart part;
    part.problem = share.problem;
    slice_inputs(inputs, part);
    const auto approximated = share.kernel->approximated_inputs(share.problem.item, part.inputs);
    if (!approximated) continue;
    if (!result) {
      result.emplace();
      for (const Operand& input : inputs) result->push_back({input.name, input.lifetime, input.tensor.clone()});
    }
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      scatter((*approximated)[i].tensor, part.problem.inputs[i], (*result)[i].tensor);
    }
  }
  return result;
}

std::vector<Region> SplitKernel::seams(const Case& item) const {
  std::vector<Region> result;
  const std::vector<Share> shares = shares_of(item);
  std::vector<const Share*> busy;
  for (const Share& share : shares) {
    if (share.begin < share.end) busy.push_back(&share);
  }
  if (busy.size() < 2 || busy[0]->problem.adds) return result;
  // The dimension in which the parts of the first output lie side by side.
  const auto begins = [&](const Share& share) { return share.problem.outputs[0].begin; };
  const std::vector<std::int64_t> first = begins(*busy[0]);
  const std::vector<std::int64_t> second = begins(*busy[1]);
  const auto dimension = static_cast<std::size_t>(std::ranges::mismatch(first, second).in1 - first.begin());
  assert(dimension < first.size() && "parts that are not added lie at different places");
  for (std::size_t i = 0; i < busy.size(); ++i) {
    Region edge = busy[i]->problem.outputs[0];
    const std::int64_t last = edge.begin[dimension] + edge.extent[dimension] - 1;
    edge.extent[dimension] = 1;
    if (i > 0) result.push_back(edge);
    edge.begin[dimension] = last;
    if (i + 1 < busy.size() && (i == 0 || edge != result.back())) result.push_back(edge);
  }
  return result;
}

}  // namespace hetscope
