// A Runnable of one source and one target that a primitive of oneDNN computes, with the library's own threads.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/error.hpp"
#include "kernels/copy/host_movement.hpp"
#include "kernels/dense/onednn_library.hpp"

namespace hetscope {

// Primitive has execute(), and set_target(memory), which says whether it could.
template <class Primitive>
class OneDnnMovement final : public HostMovement {
 public:
  // `make(source, target, &why_not)` gives the primitive between two places in memory, or nullptr and why there is
  // none: then this throws Error.
  template <class Make>
  OneDnnMovement(HostCpu& cpu, ThreadPool& pool, const HostTensor& from, HostTensor to, Make&& make)
      : HostMovement(cpu, pool, from, std::move(to), HostThreads::library) {
    open_onednn().set_threads(pool.size());
    std::string why_not;
    // The library takes writable memory for what it only reads.
    primitive_ = make(const_cast<std::byte*>(source().data()), target().data(), &why_not);
    if (primitive_ == nullptr) throw Error(why_not);
  }

  void enter() override {
    open_onednn().set_threads(pool().size());
    HostMovement::enter();
  }
  bool write_outputs_to(std::span<HostTensor> targets) override {
    return primitive_->set_target(targets[0].data()) && HostMovement::write_outputs_to(targets);
  }
  std::vector<Placement> placement() const override {
    std::vector<Placement> result = HostMovement::placement();
    for (Placement& placement : result) placement.evidence += "; " + open_onednn().identity;
    return result;
  }

 protected:
  void run_once() override { primitive_->execute(); }

 private:
  std::unique_ptr<Primitive> primitive_;
};

}  // namespace hetscope
