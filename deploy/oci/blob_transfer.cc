#include "deploy/oci/blob_transfer.h"

#include <vector>

namespace skiff {
namespace {

constexpr std::size_t kReadSize = 64 << 10;
/// A try that brought as much does not count as one that failed.
constexpr std::uint64_t kWorthATry = 1 << 20;

TransportError storeError(const BlobError& error) {
  const std::string what = "sent what cannot be stored: " + error.message;
  switch (error.kind) {
    case BlobError::Kind::full:
      return {OciError::Kind::storeFull, what};
    case BlobError::Kind::mismatch:
      return {OciError::Kind::digestMismatch, what};
    default:
      return {OciError::Kind::storage, what};
  }
}

TransportError wrongSize(const OciDescriptor& descriptor, std::string_view sent) {
  return {OciError::Kind::digestMismatch, "sends " + std::string(sent) + " bytes for the blob " +
                                              descriptor.digest + ", which has " +
                                              std::to_string(descriptor.size) + " by its manifest"};
}

}  // namespace

BlobTransfer::BlobTransfer(RegistryRequests& requests, const OciDescriptor& descriptor,
                           BlobStore::Writer& writer,
                           const std::function<void(std::uint64_t)>& progress)
    : requests_(requests),
      descriptor_(descriptor),
      writer_(writer),
      progress_(progress),
      retry_(requests.limits(), requests.patience()) {}

OciResult<void> BlobTransfer::run() {
  auto done = requests_.tryUntilDone<void>(retry_, [this] { return attempt(); });
  if (done.has_error() && (done.error().kind == OciError::Kind::unreachable ||
                           done.error().kind == OciError::Kind::cancelled)) {
    writer_.keep();
  }
  return done;
}

TransportResult<void> BlobTransfer::startOver() {
  isPatched_ = false;
  const auto restarted = writer_.restart();
  if (restarted.has_error()) return storeError(restarted.error());
  return {};
}

TransportResult<void> BlobTransfer::attempt() {
  const std::uint64_t before = writer_.size();
  if (before > descriptor_.size) {
    if (const auto restarted = startOver(); restarted.has_error()) return restarted;
  } else if (before == descriptor_.size) {
    isPatched_ = before > 0;
    return commit();
  }
  const auto response = begin();
  if (response.has_error()) return response.error();
  const std::uint64_t missing = descriptor_.size - writer_.size();
  if (response->length && *response->length != missing) {
    return wrongSize(descriptor_, std::to_string(writer_.size() + *response->length));
  }
  auto received = receive();
  if (received.has_error()) {
    if (writer_.size() >= before + kWorthATry) retry_.forgive();
    return received;
  }
  return commit();
}

TransportResult<HttpResponse> BlobTransfer::begin() {
  const std::string path = "blobs/" + descriptor_.digest;
  const std::string what = "the blob " + descriptor_.digest;
  const std::string first = std::to_string(writer_.size());
  RegistryRequests::Fields fields;
  const bool asksForRest = writer_.size() > 0 && mayAskForRest_;
  if (asksForRest) fields.emplace_back("Range", "bytes=" + first + "-");
  auto response = requests_.send(HttpRequest::Method::get, path, std::move(fields));
  if (response.has_error()) return response;
  if (response->status == 206 && asksForRest) {
    isPatched_ = true;
    if (response->field("content-range").starts_with("bytes " + first + "-")) return response;
  } else if (response->status == 200) {
    const auto restarted = startOver();
    if (restarted.has_error()) return restarted.error();
    return response;
  }
  if (response->status == 416 || response->status == 206) {
    mayAskForRest_ = false;
    return TransportError{OciError::Kind::protocol, "does not send the rest of " + what,
                          asksForRest};
  }
  return requests_.refusal(*response, what);
}

TransportResult<void> BlobTransfer::receive() {
  std::vector<std::byte> piece(kReadSize);
  for (;;) {
    const auto size = requests_.http().read(piece, requests_.patience());
    if (size.has_error()) return size.error();
    if (*size == 0) break;
    if (*size > descriptor_.size - writer_.size()) return wrongSize(descriptor_, "more");
    const auto written = writer_.write({piece.data(), *size});
    if (written.has_error()) return storeError(written.error());
    if (progress_) progress_(writer_.size());
  }
  if (writer_.size() == descriptor_.size) return {};
  return TransportError{OciError::Kind::unreachable,
                        "closed the connection in the middle of a blob", true};
}

TransportResult<void> BlobTransfer::commit() {
  const auto committed = writer_.commit();
  if (committed.has_value()) return {};
  TransportError error = storeError(committed.error());
  if (error.kind != OciError::Kind::digestMismatch) return error;
  error.what = "gave other bytes than those of the blob " + descriptor_.digest;
  // The halves may be of two different minds; the whole is asked for once.
  error.again = isPatched_ && mayAskForRest_;
  mayAskForRest_ = false;
  if (error.again) {
    if (const auto restarted = startOver(); restarted.has_error()) return restarted;
  }
  return error;
}

}  // namespace skiff
