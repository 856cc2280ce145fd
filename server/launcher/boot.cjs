const addon = { exports: {} };
process.dlopen(addon, process.argv[2], require('os').constants.dlopen.RTLD_NOW);
process.exit(addon.exports.main(...process.argv.slice(2)));
