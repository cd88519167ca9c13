// matmul_chain_pieces: a chain of which an accelerator takes all layers but a few, which the host computes by oneDNN:
// what fragments cost. A piece on the accelerator is one model; between two pieces everything passes through the host's
// memory.
//   traffic: each weight once, what passes through written and read at each border between pieces
#include <fmt/format.h>

#include <array>

#include "harness/core/clock.hpp"
#include "harness/kernel/submodel_kernel.hpp"
#include "kernels/chain/host_chain.hpp"
#include "kernels/dense/library_product.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

// A piece that is prepared.
struct PreparedPiece {
  ChainPiece piece;
  std::vector<Operand> inputs;  // of a model: what comes in. Borrowed from the piece before
  std::unique_ptr<Runnable> runnable;
};

class ChainPieces final : public Runnable {
 public:
  ChainPieces(const Case& item, OnnxRuntimeProcessor& target, HostCpu& host, std::span<const Operand> inputs,
              std::span<const ChainPiece> pieces)
      : problem_(item), names_(item.processors()), pool_(host.pool(static_cast<int>(item.integer("threads")))) {
    const TensorView between(DType::f32, Shape{problem_.width, problem_.columns}, Layout::row_major(2));
    // What a piece reads must not move.
    results_.reserve(pieces.size());
    pieces_.reserve(pieces.size());
    const HostTensor* last = &inputs[chain_input(problem_)].tensor;
    for (const ChainPiece& piece : pieces) {
      PreparedPiece& prepared = pieces_.emplace_back();
      prepared.piece = piece;
      if (piece.is_on_target) {
        prepared.inputs = model_inputs(piece, inputs, *last);
        OnnxRuntimeSessionOptions options;
        options.threads = static_cast<int>(item.integer("threads"));
        const std::size_t x = prepared.inputs.size() - 1;
        prepared.runnable = make_submodel_runnable(
            target, chain_submodel(problem_, 0, piece.end - piece.begin, x, prepared.inputs), prepared.inputs, options);
      } else {
        prepared.runnable = make_host_chain(host, pool_, piece.begin, piece.end, inputs, *last);
      }
      results_.emplace_back(between);
      prepared.runnable->write_outputs_to({&results_.back(), 1});
      last = &results_.back();
    }
  }

  void enter() override {
    host_piece([](Runnable& runnable) { runnable.enter(); });
  }
  void leave() override {
    host_piece([](Runnable& runnable) { runnable.leave(); });
  }
  void run(std::int64_t iterations) override {
    for (std::int64_t i = 0; i < iterations; ++i) {
      for (PreparedPiece& prepared : pieces_) prepared.runnable->run(1);
    }
  }
  // compute.PROCESSOR, of all its pieces together.
  std::map<std::string, double> run_stages() override {
    static const MonotonicClock kClock;
    std::map<std::string, double> stages;
    for (PreparedPiece& prepared : pieces_) {
      const std::int64_t begin_ns = kClock.now_ns();
      prepared.runnable->run(1);
      const auto elapsed_ns = static_cast<double>(kClock.now_ns() - begin_ns);
      stages["compute." + names_[prepared.piece.is_on_target ? 0 : 1]] += elapsed_ns;
    }
    return stages;
  }
  std::vector<HostTensor> outputs() override {
    std::vector<HostTensor> result;
    result.push_back(results_.back().clone());
    return result;
  }
  std::int64_t prepared_bytes() const override {
    std::int64_t bytes = 0;
    for (const PreparedPiece& prepared : pieces_) bytes += prepared.runnable->prepared_bytes();
    return bytes;
  }
  std::vector<Placement> placement() const override {
    std::vector<Placement> result;
    for (const PreparedPiece& prepared : pieces_) {
      for (Placement& place : prepared.runnable->placement()) {
        place.evidence =
            fmt::format("layers {} to {}: {}", prepared.piece.begin, prepared.piece.end - 1, place.evidence);
        result.push_back(std::move(place));
      }
    }
    return result;
  }
  std::string doubt() const override {
    for (const PreparedPiece& prepared : pieces_) {
      if (std::string doubt = prepared.runnable->doubt(); !doubt.empty()) return doubt;
    }
    return "";
  }
  Metrics metrics() override {
    std::int64_t on_target = 0;
    std::int64_t layers = 0;
    for (const PreparedPiece& prepared : pieces_) {
      if (!prepared.piece.is_on_target) continue;
      ++on_target;
      layers += prepared.piece.end - prepared.piece.begin;
    }
    const std::int64_t borders = std::ssize(pieces_) - 1;
    return {{"partitions", {static_cast<double>(on_target), "1", ""}},
            {"layers_on_target", {static_cast<double>(layers), "1", ""}},
            {"boundary_bytes", {static_cast<double>(borders * problem_.bytes_between()), "B", ""}}};
  }

 private:
  // The weights of the piece alone, and its input; all borrowed.
  static std::vector<Operand> model_inputs(const ChainPiece& piece, std::span<const Operand> inputs,
                                           const HostTensor& x) {
    std::vector<Operand> result;
    const auto borrow = [&](const std::string& name, Lifetime lifetime, const HostTensor& tensor) {
      result.push_back({name, lifetime, HostTensor::borrowing(tensor.view(), const_cast<std::byte*>(tensor.data()))});
    };
    for (std::int64_t layer = piece.begin; layer < piece.end; ++layer) {
      const Operand& weight = inputs[static_cast<std::size_t>(layer)];
      borrow(weight.name, weight.lifetime, weight.tensor);
    }
    borrow("x", Lifetime::per_run, x);
    return result;
  }

  template <class Step>
  void host_piece(Step&& step) {
    for (PreparedPiece& prepared : pieces_) {
      if (prepared.piece.is_on_target) continue;
      step(*prepared.runnable);
      return;
    }
  }

  ChainProblem problem_;
  std::vector<std::string> names_;
  ThreadPool& pool_;
  std::vector<HostTensor> results_;
  std::vector<PreparedPiece> pieces_;
};

class MatmulChainPieces final : public Kernel {
 public:
  std::string_view name() const noexcept override { return "matmul_chain_pieces"; }
  std::string_view operation() const noexcept override { return "matmul_chain"; }
  ProgramModel program_model() const noexcept override { return ProgramModel::parts; }

  std::span<const AxisSpec> axes() const override {
    static const std::array<AxisSpec, 4> kAxes = {
        AxisSpec{.name = "refused",
                 .type = AxisType::integer,
                 .meaning = "layers that the first processor does not take",
                 .fallback = AxisValue(std::int64_t{0}),
                 .choices = {},
                 .least = 0},
        AxisSpec{.name = "pattern",
                 .type = AxisType::text,
                 .meaning = "whether these lie side by side or spread evenly",
                 .fallback = AxisValue(std::string("spread")),
                 .choices = {"spread", "clustered"}},
        AxisSpec{.name = "least_piece",
                 .type = AxisType::integer,
                 .meaning = "layers in a row that are worth handing over; shorter runs stay on the second processor",
                 .fallback = AxisValue(std::int64_t{1}),
                 .choices = {},
                 .least = 1},
        AxisSpec{.name = "threads",
                 .type = AxisType::integer,
                 .meaning = "threads on the host, at least 1",
                 .fallback = AxisValue(std::int64_t{1}),
                 .choices = {},
                 .least = 1},
    };
    return kAxes;
  }

  Support supports(const Case& item, Processors processors) const override {
    if (processors.size() != 2 || dynamic_cast<OnnxRuntimeProcessor*>(processors[0]) == nullptr ||
        dynamic_cast<HostCpu*>(processors[1]) == nullptr) {
      return Support::no("needs two processors: one that takes models, then one of the host");
    }
    if (item.integer("refused") > ChainProblem(item).layers) return Support::no("more layers refused than there are");
    if (item.integer("threads") > processors[1]->info().compute_units) {
      return Support::no(processors[1]->name() + " has fewer CPUs than threads are asked for");
    }
    if (Support chain = supports_chain(ChainProblem(item)); !chain) return chain;
    return support_of(onednn_library(), "oneDNN");
  }

  std::unique_ptr<Runnable> prepare(const Case& item, Processors processors,
                                    std::span<const Operand> inputs) const override {
    const std::vector<ChainPiece> pieces =
        chain_pieces(ChainProblem(item).layers, item.integer("refused"), item.text("pattern") == "clustered",
                     item.integer("least_piece"));
    return std::make_unique<ChainPieces>(item, dynamic_cast<OnnxRuntimeProcessor&>(*processors[0]),
                                         dynamic_cast<HostCpu&>(*processors[1]), inputs, pieces);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(matmul_chain_pieces, MatmulChainPieces)

}  // namespace hetscope
