#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "isolate/files/file_io.h"
#include "isolate/files/file_io_pool.h"

namespace skiff {

/// A shard's way to the file-I/O threads that all shards share: what is done comes back to the
/// shard's loop. One thread, but for the way back.
class ShardFileIo final : public wasi::FileIo {
 public:
  /// REQUIRES: both outlive it.
  ShardFileIo(boost::asio::io_context& loop, wasi::FileIoPool& pool);
  /// What comes back later goes nowhere.
  ~ShardFileIo() override;

  void submit(Owner owner, std::function<void()> work, std::function<void()> done) override;

 private:
  struct WayBack;

  wasi::FileIoPool& pool_;
  std::shared_ptr<WayBack> wayBack_;
};

}  // namespace skiff
