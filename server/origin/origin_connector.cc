#include "server/origin/origin_connector.h"

#include <utility>

#include "server/origin/origin_exchange.h"
#include "server/origin/origin_pool.h"

namespace skiff {
namespace {

/// The owner's handle: what is under way outlives it.
class HttpOriginCall final : public OriginCall {
 public:
  explicit HttpOriginCall(std::shared_ptr<OriginExchange> exchange)
      : exchange_(std::move(exchange)) {}
  ~HttpOriginCall() override { exchange_->abandon(); }

  void start(std::string_view method, std::string_view target, const HeaderList& headers,
             std::optional<std::uint64_t> bodyLength) override {
    exchange_->start(method, target, headers, bodyLength);
  }
  std::size_t writeBody(std::span<const std::byte> bytes) override {
    return exchange_->writeBody(bytes);
  }
  void finishBody() override { exchange_->finishBody(); }
  State state() const override { return exchange_->state(); }
  std::string_view error() const override { return exchange_->error(); }
  int status() const override { return exchange_->status(); }
  const HeaderList& headers() const override { return exchange_->headers(); }
  BodyRead readBody(std::span<std::byte> into) override { return exchange_->readBody(into); }

 private:
  std::shared_ptr<OriginExchange> exchange_;
};

}  // namespace

HttpOriginConnector::HttpOriginConnector(boost::asio::io_context& context, OriginAddress address,
                                         OriginOptions options)
    : pool_(std::make_shared<OriginPool>(context, std::move(address), options)) {}

HttpOriginConnector::~HttpOriginConnector() {
  pool_->shutDown();
}

std::unique_ptr<OriginCall> HttpOriginConnector::open(OriginListener& listener) {
  return std::make_unique<HttpOriginCall>(std::make_shared<OriginExchange>(pool_, listener));
}

OriginCounts HttpOriginConnector::counts() const {
  return pool_->counts();
}

}  // namespace skiff
