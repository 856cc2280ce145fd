#include "server/shard.h"

#include <spdlog/spdlog.h>

#include "server/request_task.h"

namespace skiff {
namespace {

std::optional<std::chrono::nanoseconds> needed(std::chrono::nanoseconds time) {
  if (time.count() == 0) return std::nullopt;
  return time;
}

/// A fault of the guest, or a limit that it ran into: what a new version is judged by.
bool isFailure(Reason reason) {
  switch (reason) {
    case Reason::guestTrap:
    case Reason::guestExit:
    case Reason::badResponse:
    case Reason::cpuLimit:
    case Reason::memoryLimit:
    case Reason::wallLimit:
      return true;
    default:
      return false;
  }
}

}  // namespace

// What metrics and logs are told.

void Shard::onFinished(HttpExchange& exchange) {
  // Whatever goes wrong with the records: it must not keep its place.
  struct Leave {
    RequestTask* task;
    ~Leave() {
      if (task) task->leave();
    }
  } leave{static_cast<RequestTask*>(exchange.attachment())};
  record(exchange, leave.task);
}

void Shard::record(HttpExchange& exchange, RequestTask* task) {
  const auto duration = Clock::now() - exchange.startTime();
  AppMetrics& metrics = task ? task->host().metrics() : metrics_.unrouted();
  const auto cpu = task ? task->cpu() : std::chrono::nanoseconds::zero();
  metrics.recordRequest(exchange.statusSent(), exchange.reason(), duration, cpu);
  metrics_.recordProtocol(exchange.request().protocol);
  if (task) task->host().count(isFailure(exchange.reason()), cpu);
  if (accessLog_.enabled()) {
    const RequestHead& head = exchange.request();
    AccessRecord record;
    record.time = std::chrono::system_clock::now() -
                  std::chrono::duration_cast<std::chrono::system_clock::duration>(duration);
    record.requestId = exchange.requestId();
    if (task) {
      record.tenant = task->host().version().facts().tenant;
      record.app = task->host().version().config().name;
      record.version = task->host().version().facts().digest;
      record.cold = task->wasCold();
      record.queued = task->queued();
    }
    record.method = head.method;
    record.host = head.host;
    record.path = head.target;
    record.protocol = head.protocol;
    record.status = exchange.statusSent();
    record.reason = exchange.reason();
    record.duration = duration;
    record.cpu = cpu;
    record.bytesIn = exchange.bytesReceived();
    record.bytesOut = exchange.bytesSent();
    record.source = exchange.sourceAddress();
    record.tls = exchange.tlsVersion();
    accessLog_.record(record);
  }
}

void Shard::onRefused(const RefusedRequest& request) {
  const auto duration = Clock::now() - request.startTime;
  metrics_.unrouted().recordRequest(request.status, request.reason, duration, {});
  if (!accessLog_.enabled()) return;
  AccessRecord record;
  record.time = std::chrono::system_clock::now();
  record.requestId = request.requestId;
  record.method = request.method;
  record.path = request.target;
  record.protocol = request.protocol;
  record.status = request.status;
  record.reason = request.reason;
  record.duration = duration;
  record.bytesIn = request.bytesReceived;
  record.bytesOut = request.bytesSent;
  record.source = request.sourceAddress;
  accessLog_.record(record);
}

void Shard::recordQueued(std::chrono::nanoseconds time) {
  metrics_.recordQueued(time);
}

void Shard::recordColdStart(AppMetrics& app, const ColdStart& cold) {
  metrics_.recordColdStart(app, {.isolate = needed(cold.isolate),
                                 .module = needed(cold.module),
                                 .instantiate = needed(cold.instantiate),
                                 .init = needed(cold.init),
                                 .total = cold.total()});
}

void Shard::reportRefusal(const AppHost& host, const std::string& detail) {
  // One line a tick at most: overload must not become a flood of lines.
  if (lastRefusalReport_ == now_) return;
  lastRefusalReport_ = now_;
  spdlog::warn("{}/{}: request refused: {}", host.version().facts().tenant,
               host.version().config().name, detail);
}

}  // namespace skiff
