#include "deploy/blobs/disk_blob_store.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <unordered_set>

#include "config/printable.h"
#include "deploy/blobs/blob_writer.h"
#include "deploy/blobs/tree_files.h"
#include "deploy/blobs/tree_writer.h"

namespace skiff {
namespace {

namespace fs = std::filesystem;

BlobError notFound(std::string_view name) {
  return {BlobError::Kind::notFound, "there is no blob " + inQuotes(name) + " in the store"};
}

class LedgerPin final : public BlobStore::Pin {
 public:
  LedgerPin(std::shared_ptr<BlobLedger> ledger, std::vector<std::string> names)
      : ledger_(std::move(ledger)), names_(std::move(names)) {
    ledger_->pin(names_);
  }
  ~LedgerPin() override { ledger_->unpin(names_); }
  LedgerPin(const LedgerPin&) = delete;
  LedgerPin& operator=(const LedgerPin&) = delete;

 private:
  const std::shared_ptr<BlobLedger> ledger_;
  const std::vector<std::string> names_;
};

class CollectingEnd {
 public:
  explicit CollectingEnd(BlobLedger& ledger) : ledger_(ledger) {}
  ~CollectingEnd() { ledger_.endCollecting(); }
  CollectingEnd(const CollectingEnd&) = delete;
  CollectingEnd& operator=(const CollectingEnd&) = delete;

 private:
  BlobLedger& ledger_;
};

}  // namespace

BlobResult<std::unique_ptr<BlobStore>> BlobStore::open(const fs::path& folder, ByteSize cap,
                                                       int lock) {
  auto opened = StoreFolder::open(folder, Descriptor(lock));
  if (opened.has_error()) return opened.error();
  auto store = std::make_unique<DiskBlobStore>(*std::move(opened), cap);
  if (auto scanned = store->scan(); scanned.has_error()) return scanned.error();
  return std::unique_ptr<BlobStore>(std::move(store));
}

BlobResult<void> DiskBlobStore::scan() {
  auto listed = folder_.eachBlob(
      [&](const BlobDigest& digest, std::uint64_t size) { ledger_->add(digest.text(), size, 0); });
  if (listed.has_error()) return listed;
  listed = folder_.eachTree([&](std::string_view name, std::uint64_t bytes) {
    ledger_->add(std::string(name), bytes, 0);
  });
  if (listed.has_error()) return listed;
  return folder_.eachKept([&](const BlobDigest& digest, std::uint64_t size) {
    if (ledger_->reserve(size)) {
      ledger_->keep(digest.text(), size);
    } else {
      ::unlink(folder_.kept(digest).c_str());
    }
  });
}

BlobError DiskBlobStore::full(std::uint64_t bytes) const {
  const auto inBytes = [](std::uint64_t count) { return std::to_string(count) + " bytes"; };
  return {BlobError::Kind::full,
          "the blob store " + inQuotes(folder_.path().string()) + " is full: its cap is " +
              inBytes(cap().bytes()) + ", it holds " +
              inBytes(ledger_->stored() + ledger_->reserved()) + ", and " + inBytes(bytes) +
              " more are needed; delete versions or apps that nobody needs, or raise the cap"};
}

void DiskBlobStore::removeKept(const std::string& name) {
  const auto digest = BlobDigest::parse(name);
  const auto bytes = ledger_->takeKept(name);
  if (!digest || !bytes) return;
  ::unlink(folder_.kept(*digest).c_str());
  ledger_->release(*bytes);
}

BlobResult<void> DiskBlobStore::reserve(std::uint64_t bytes) {
  if (ledger_->reserve(bytes)) return {};
  for (const std::string& name : ledger_->keptNames()) removeKept(name);
  if (ledger_->reserve(bytes)) return {};
  return full(bytes);
}

BlobResult<std::unique_ptr<BlobStore::Writer>> DiskBlobStore::begin(std::string_view digest,
                                                                    std::uint64_t size) {
  const auto parsed = BlobDigest::parse(digest);
  if (!parsed) {
    return BlobError{BlobError::Kind::notFound,
                     inQuotes(digest) +
                         " is no digest; one is \"sha256:\" and 64 digits of "
                         "0-9a-f, or \"sha512:\" and 128"};
  }
  auto writer = std::make_unique<BlobWriter>(*this, BlobLedger::turn(ledger_, std::string(digest)),
                                             *parsed, size);
  if (auto started = writer->start(); started.has_error()) return started.error();
  // Known now, so said now. Nothing is reserved yet: what is announced may never come.
  if (const std::uint64_t missing = size - writer->size(); !ledger_->fits(missing)) {
    if (auto room = reserve(missing); room.has_error()) {
      writer->keep();
      return room.error();
    }
    ledger_->release(missing);
  }
  return std::unique_ptr<Writer>(std::move(writer));
}

BlobResult<std::string> DiskBlobStore::put(std::span<const std::byte> bytes) {
  DigestState state(DigestAlgorithm::sha256);
  state.update(bytes);
  std::string digest = BlobDigest{DigestAlgorithm::sha256, state.finish()}.text();
  auto writer = begin(digest, bytes.size());
  if (writer.has_error()) return writer.error();
  if (!has(digest)) {
    // What an attempt left here is of the same bytes only if its source was honest.
    if (auto anew = (*writer)->restart(); anew.has_error()) return anew.error();
    if (auto written = (*writer)->write(bytes); written.has_error()) return written.error();
  }
  if (auto committed = (*writer)->commit(); committed.has_error()) return committed.error();
  return digest;
}

bool DiskBlobStore::has(std::string_view name) const {
  if (isTreeName(name)) {
    struct stat status {};
    return ledger_->sizeOf(std::string(name)) &&
           ::lstat(folder_.treeFiles(name).c_str(), &status) == 0 && S_ISDIR(status.st_mode);
  }
  return file(name).has_value();
}

BlobResult<fs::path> DiskBlobStore::file(std::string_view digest) const {
  const auto parsed = BlobDigest::parse(digest);
  if (!parsed) return notFound(digest);
  const auto size = ledger_->sizeOf(std::string(digest));
  fs::path path = folder_.blob(*parsed);
  struct stat status {};
  // Somebody may have tidied up the folder by hand: what is gone can then be fetched again.
  if (!size || ::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) ||
      static_cast<std::uint64_t>(status.st_size) != *size) {
    return notFound(digest);
  }
  return path;
}

BlobResult<std::string> DiskBlobStore::read(std::string_view digest, ByteSize most) const {
  const auto path = file(digest);
  if (path.has_error()) return path.error();
  const Descriptor opened(::open(path->c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!opened && errno == ENOENT) return notFound(digest);
  struct stat status {};
  if (!opened || ::fstat(opened.number(), &status) != 0) {
    return diskError("cannot open", *path, errno);
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > most.bytes()) {
    return BlobError{BlobError::Kind::full, "the blob " + std::string(digest) + " has " +
                                                std::to_string(size) + " bytes, more than the " +
                                                most.text() + " that it may have here"};
  }
  std::string bytes(size, '\0');
  for (std::size_t filled = 0; filled < size;) {
    const ssize_t count = ::read(opened.number(), bytes.data() + filled, size - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return diskError("cannot read", *path, errno);
    if (count == 0) bytes.resize(filled);  // and its digest will not do
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  const auto parsed = BlobDigest::parse(digest);
  DigestState state(parsed->algorithm);
  state.update(std::as_bytes(std::span(bytes)));
  if (state.finish() != parsed->hex) {
    ledger_->markDamaged(std::string(digest));
    return BlobError{BlobError::Kind::mismatch,
                     "the blob " + std::string(digest) + " was damaged on the disk (" +
                         inQuotes(path->string()) + "); deploy it again, and check the disk"};
  }
  return bytes;
}

std::shared_ptr<BlobStore::Pin> DiskBlobStore::pin(std::vector<std::string> names) {
  return std::make_shared<LedgerPin>(ledger_, std::move(names));
}

fs::path DiskBlobStore::treeFolder(std::string_view name) const {
  return isTreeName(name) ? folder_.treeFiles(name) : fs::path();
}

BlobResult<std::unique_ptr<BlobStore::TreeWriter>> DiskBlobStore::beginTree(std::string_view name) {
  if (!isTreeName(name)) {
    return BlobError{BlobError::Kind::notFound,
                     inQuotes(name) + " cannot be a tree's name: 1 to 128 of 0-9a-f"};
  }
  auto writer =
      std::make_unique<DiskTreeWriter>(*this, BlobLedger::turn(ledger_, std::string(name)));
  if (auto started = writer->start(); started.has_error()) return started.error();
  return std::unique_ptr<TreeWriter>(std::move(writer));
}

BlobResult<BlobStore::Collected> DiskBlobStore::collect(
    const std::function<BlobResult<std::vector<std::string>>()>& needed) {
  const std::lock_guard one(collecting_);
  const std::vector<std::string> candidates = ledger_->startCollecting();
  const CollectingEnd end(*ledger_);
  const auto named = needed();
  if (named.has_error()) return named.error();
  const std::unordered_set<std::string> stay(named->begin(), named->end());
  Collected collected;
  for (const std::string& name : candidates) {
    if (stay.contains(name)) continue;
    const auto taken = BlobLedger::takeOut(ledger_, name);
    if (!taken) continue;
    if (auto removed = remove(name, taken->size); removed.has_error()) return removed.error();
    ledger_->subtract(taken->size);
    ++(isTreeName(name) ? collected.trees : collected.blobs);
    collected.bytes += taken->size;
  }
  for (const std::string& name : ledger_->keptNames()) {
    const auto digest = BlobDigest::parse(name);
    if (digest && folder_.isStale(folder_.kept(*digest))) removeKept(name);
  }
  if (auto removed = folder_.removeOld(); removed.has_error()) return removed.error();
  return collected;
}

/// REQUIRES: the name's turn. What is still in its place counts as there again.
BlobResult<void> DiskBlobStore::remove(const std::string& name, std::uint64_t size) {
  if (const auto digest = BlobDigest::parse(name)) {
    const fs::path path = folder_.blob(*digest);
    if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
    ledger_->putBack(name, size);
    return diskError("cannot remove", path, errno);
  }
  // Out of its place at once, however long its files take.
  const fs::path place = folder_.tree(name);
  const fs::path leaving = folder_.treeLeaving(name);
  auto removed = removeTree(leaving);
  if (removed.has_value() && ::rename(place.c_str(), leaving.c_str()) != 0 && errno != ENOENT) {
    removed = diskError("cannot remove", place, errno);
  }
  if (removed.has_error()) {
    ledger_->putBack(name, size);
    return removed;
  }
  return removeTree(leaving);
}

}  // namespace skiff
