// Measures a bare round trip between two threads that sleep: the least that handing a run to
// another thread and back can cost. The worker sleeps on a condition variable, as a runtime's does,
// and the caller in epoll, as Node's event loop does.
//
//   wake_up SECONDS    prints the median in microseconds

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <ratio>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

enum class Task { kNone, kAnswer, kEnd };

class Worker {
 public:
  explicit Worker(int event) : event_(event), thread_([this] { Work(); }) {}
  ~Worker() {
    Post(Task::kEnd);
    thread_.join();
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void Post(Task task) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      task_ = task;
    }
    wake_.notify_one();
  }

 private:
  void Work() {
    while (true) {
      std::unique_lock<std::mutex> lock(mutex_);
      wake_.wait(lock, [this] { return task_ != Task::kNone; });
      if (task_ == Task::kEnd) return;
      task_ = Task::kNone;
      lock.unlock();
      const uint64_t one = 1;
      if (write(event_, &one, sizeof one) != sizeof one) std::abort();
    }
  }

  int event_;
  std::mutex mutex_;
  std::condition_variable wake_;
  Task task_ = Task::kNone;
  std::thread thread_;
};

double RoundTripUs(Worker* worker, int event, int epoll) {
  const auto start = Clock::now();
  worker->Post(Task::kAnswer);
  epoll_event ready{};
  if (epoll_wait(epoll, &ready, 1, -1) != 1) std::abort();
  uint64_t count = 0;
  if (read(event, &count, sizeof count) != sizeof count) std::abort();
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::strtod(argv[1], nullptr) : 0.5;
  const int event = eventfd(0, EFD_CLOEXEC);
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  epoll_event interest{};
  interest.events = EPOLLIN;
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, event, &interest) != 0) return 1;
  std::vector<double> times;
  {
    Worker worker(event);
    const auto end = Clock::now() + std::chrono::duration<double>(seconds);
    do {
      times.push_back(RoundTripUs(&worker, event, epoll));
    } while (Clock::now() < end);
  }
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  std::printf("%.2f\n", *middle);
  return 0;
}
