#include "server/observe/operator_log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

#include <mutex>
#include <string>
#include <utility>

namespace skiff {
namespace {

constexpr auto kDrainOnCritical = std::chrono::milliseconds(200);

/// The message with its control characters made visible.
class SafeMessage final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    constexpr std::string_view kDigits = "0123456789abcdef";
    for (const char c : message.payload) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte >= 0x20 && byte != 0x7F) {
        out.push_back(c);
      } else {
        const char escape[] = {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 0xF]};
        out.append(std::begin(escape), std::end(escape));
      }
    }
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<SafeMessage>();
  }
};

/// From spdlog to a LogSink, which does the waiting.
class ForwardingSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit ForwardingSink(LogSink& target) : target_(target) {
    auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
    formatter->add_flag<SafeMessage>('*').set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %-7l %*");
    set_formatter_(std::move(formatter));
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    target_.append({line.data(), line.size()});
  }
  // Asked for after a critical message only: what follows may be the end of the process.
  void flush_() override { target_.drain(kDrainOnCritical); }

 private:
  LogSink& target_;
};

spdlog::level::level_enum spdlogLevel(OperatorLogLevel level) {
  switch (level) {
    case OperatorLogLevel::debug:
      return spdlog::level::debug;
    case OperatorLogLevel::info:
      return spdlog::level::info;
    case OperatorLogLevel::warn:
      return spdlog::level::warn;
    case OperatorLogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

}  // namespace

Result<std::unique_ptr<OperatorLog>> OperatorLog::start(OperatorLogLevel level, int descriptor) {
  LogSinkOptions options;
  options.report = DropReport::text;
  auto sink = LogSink::onDescriptor(descriptor, options);
  if (!sink) return sink.error();
  std::unique_ptr<OperatorLog> log(new OperatorLog(std::move(*sink)));
  log->setLevel(level);
  return log;
}

OperatorLog::OperatorLog(std::unique_ptr<LogSink> sink) : sink_(std::move(sink)) {
  auto logger = std::make_shared<spdlog::logger>("skiff", std::make_shared<ForwardingSink>(*sink_));
  logger->flush_on(spdlog::level::critical);
  spdlog::set_default_logger(std::move(logger));
}

OperatorLog::~OperatorLog() {
  spdlog::set_default_logger(
      std::make_shared<spdlog::logger>("none", std::make_shared<spdlog::sinks::null_sink_mt>()));
}

void OperatorLog::setLevel(OperatorLogLevel level) {
  spdlog::default_logger()->set_level(spdlogLevel(level));
}

}  // namespace skiff
