// What a worker and its supervisor share besides the channel: descriptors, and the page that tells who is being run.
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/run/worker_process.hpp"

namespace hetscope {
namespace {

constexpr unsigned kCloseOnExec = 1;  // MFD_CLOEXEC, which older headers lack

}  // namespace

OwnedFd& OwnedFd::operator=(OwnedFd&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.release();
  }
  return *this;
}

int OwnedFd::release() noexcept { return std::exchange(fd_, -1); }

void OwnedFd::reset() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

SharedProgress::SharedProgress()
    : fd_(static_cast<int>(::syscall(SYS_memfd_create, "hetscope-progress", kCloseOnExec))) {
  if (fd_.get() < 0 || ::ftruncate(fd_.get(), sizeof(Values)) != 0) {
    throw Error(std::string("cannot share memory with a worker process: ") + std::strerror(errno));
  }
  map();
  set(kNobody);
}

SharedProgress::SharedProgress(int fd) : fd_(fd) { map(); }

SharedProgress::~SharedProgress() {
  if (values_ != nullptr) ::munmap(values_, sizeof(Values));
}

void SharedProgress::map() {
  void* memory = ::mmap(nullptr, sizeof(Values), PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0);
  if (memory == MAP_FAILED) {
    throw Error(std::string("cannot map the memory shared with the supervisor: ") + std::strerror(errno));
  }
  values_ = static_cast<Values*>(memory);
}

// Compiler built-ins rather than std::atomic_ref, which not every standard library of this C++ has.
void SharedProgress::set(std::int32_t member) noexcept {
  __atomic_store_n(&values_->member, member, __ATOMIC_SEQ_CST);
  __atomic_fetch_add(&values_->steps, 1U, __ATOMIC_SEQ_CST);
}
std::int32_t SharedProgress::get() const noexcept { return __atomic_load_n(&values_->member, __ATOMIC_SEQ_CST); }
std::uint32_t SharedProgress::steps() const noexcept { return __atomic_load_n(&values_->steps, __ATOMIC_SEQ_CST); }

}  // namespace hetscope
