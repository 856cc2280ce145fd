#include "server/module_loader.h"

#include <pthread.h>

#include <exception>
#include <future>

#include "isolate/prepared_module.h"
#include "isolate/spare_instance.h"
#include "server/module_compilation.h"
#include "server/module_preparer.h"

namespace skiff {

ModuleLoader::ModuleLoader(const ModulePreparer& preparer, std::size_t threads)
    : preparer_(preparer) {
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this] {
      ::pthread_setname_np(::pthread_self(), "loader");
      run();
      preparer_.forgetThread();
    });
  }
}

ModuleLoader::~ModuleLoader() {
  stop();
}

void ModuleLoader::load(std::shared_ptr<const AppVersion> version, Done done) {
  if (auto module = version->module()) return done(module);
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_) {
      std::shared_ptr<Job>& job = jobs_[version.get()];
      if (!job) {
        try {
          auto made = std::make_shared<Job>(version);
          waiting_[version->facts().tenant].push_back(made);
          job = std::move(made);
        } catch (...) {
          jobs_.erase(version.get());  // or all who come later would wait for it
          throw;
        }
      }
      job->done.push_back(std::move(done));
      wake_.notify_one();
      return;
    }
  }
  done(LoadError{"the server is ending", true});
}

ModuleLoader::Loaded ModuleLoader::loadNow(std::shared_ptr<const AppVersion> version) {
  std::promise<Loaded> promise;
  load(std::move(version), [&promise](const Loaded& loaded) { promise.set_value(loaded); });
  return promise.get_future().get();
}

std::shared_ptr<ModuleLoader::Job> ModuleLoader::next() {
  auto tenant = waiting_.upper_bound(lastTenant_);
  if (tenant == waiting_.end()) tenant = waiting_.begin();
  lastTenant_ = tenant->first;
  auto job = std::move(tenant->second.front());
  tenant->second.pop_front();
  if (tenant->second.empty()) waiting_.erase(tenant);
  return job;
}

void ModuleLoader::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const auto job = next();
    const bool refused = stopping_;
    lock.unlock();
    const Loaded loaded = [&]() -> Loaded {
      if (refused) return LoadError{"the server is ending", true};
      try {
        return preparer_.prepare(*job->version);
      } catch (const std::exception& error) {
        return LoadError{std::string("preparing it failed: ") + error.what(), true};
      }
    }();
    lock.lock();
    std::list<Kept> gone;
    if (loaded.has_value()) gone = keep(job->version, *loaded);
    jobs_.erase(job->version.get());
    lastLoad_ = std::chrono::steady_clock::now();
    restDue_ = true;
    const std::vector<Done> done = std::move(job->done);
    lock.unlock();
    for (const Done& call : done) call(loaded);
    for (const Kept& kept : gone) kept.module->takeSpare();
    gone.clear();
    lock.lock();
  }
}

std::list<ModuleLoader::Kept> ModuleLoader::keep(
    const std::shared_ptr<const AppVersion>& version,
    const std::shared_ptr<const PreparedModule>& module) {
  std::list<Kept> gone;
  kept_.push_front({version, module, std::chrono::steady_clock::now()});
  if (kept_.size() > kMostKept) gone.splice(gone.end(), kept_, std::prev(kept_.end()));
  return gone;
}

void ModuleLoader::tidy(std::chrono::steady_clock::time_point now) {
  // Let go outside the lock.
  std::vector<std::unique_ptr<SpareInstance>> spares;
  std::list<Kept> gone;
  std::unique_lock lock(mutex_);
  for (const Kept& kept : kept_) {
    if (now - kept.since >= kKeepSpare) spares.push_back(kept.module->takeSpare());
  }
  while (!kept_.empty() && now - kept_.back().since >= kKeep) {
    gone.splice(gone.end(), kept_, std::prev(kept_.end()));
  }
  if (!restDue_ || !jobs_.empty() || now - lastLoad_ < kRest) return;
  restDue_ = false;
  lock.unlock();
  preparer_.compilation().rest();
}

void ModuleLoader::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace skiff
