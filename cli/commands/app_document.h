#pragma once

#include <boost/json/value.hpp>

#include "cli/commands/choose_app.h"
#include "cli/commands/document.h"
#include "cli/session/session.h"

namespace skiff::cli {

/// Makes an app that is not there yet.
Answer<boost::json::value> createApp(Session& session, const AppName& name,
                                     const DocumentChanges& changes);

/// Changes what is named of an app and leaves the rest, unless somebody else changes it meanwhile.
/// With changes.from the document is replaced.
Answer<boost::json::value> changeApp(Session& session, const AppName& name,
                                     const DocumentChanges& changes);

}  // namespace skiff::cli
