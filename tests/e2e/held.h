#pragma once

#include <gtest/gtest.h>

#include <string>

#include "tests/e2e/daemon.h"

namespace skiff::e2e {

/// A request that is answered when its body has come.
class Held {
 public:
  Held(const Daemon& daemon, const std::string& host) : client_(daemon.connect()) {
    client_.send("POST / HTTP/1.1\r\nHost: " + host +
                 "\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client_.receive().status, 100);
  }
  Response finish() { return client_.ask("done"); }

 private:
  Client client_;
};

}  // namespace skiff::e2e
