"""Components on Azure. The only importer of `pulumi_azure_native`."""
