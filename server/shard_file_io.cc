#include "server/shard_file_io.h"

#include <boost/asio/post.hpp>
#include <mutex>
#include <utility>

namespace skiff {

struct ShardFileIo::WayBack {
  std::mutex mutex;
  boost::asio::io_context* loop;  ///< nullptr once the shard is gone

  explicit WayBack(boost::asio::io_context& where) : loop(&where) {}
};

ShardFileIo::ShardFileIo(boost::asio::io_context& loop, wasi::FileIoPool& pool)
    : pool_(pool), wayBack_(std::make_shared<WayBack>(loop)) {}

ShardFileIo::~ShardFileIo() {
  const std::lock_guard lock(wayBack_->mutex);
  wayBack_->loop = nullptr;
}

void ShardFileIo::submit(Owner owner, std::function<void()> work, std::function<void()> done) {
  pool_.submit(owner,
               [wayBack = wayBack_, work = std::move(work), done = std::move(done)]() mutable {
                 work();
                 const std::lock_guard lock(wayBack->mutex);
                 if (wayBack->loop) boost::asio::post(*wayBack->loop, std::move(done));
               });
}

}  // namespace skiff
